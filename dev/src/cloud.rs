//! Where S3, SNS, SQS and DynamoDB are for one product: stand-ins of ours, LocalStack, or somewhere that somebody else runs.

use crate::ports::Ports;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{env, fmt, str::FromStr};

/// How a process that we start learns of a choice other than the stand-ins.
pub const VARIABLE: &str = "FANTAIL_CLOUD";

/// Where one service of AWS is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// SeaweedFS for S3, ministack for the rest.
    #[default]
    Standin,
    LocalStack,
    /// AWS itself, by the caller's credentials and region.
    Aws,
    At(String),
}

impl FromStr for Place {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "standin" => Self::Standin,
            "localstack" => Self::LocalStack,
            "aws" => Self::Aws,
            url if url.starts_with("http://") || url.starts_with("https://") => {
                Self::At(url.trim_end_matches('/').to_owned())
            }
            other => bail!("{other} is no http:// or https:// URL, nor `aws`"),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standin => "standin",
            Self::LocalStack => "localstack",
            Self::Aws => "aws",
            Self::At(url) => url,
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cloud {
    /// SNS, SQS and their CloudFormation.
    pub messaging: Place,
    pub s3: Place,
    /// DynamoDB and the CloudFormation that makes its table.
    pub dynamodb: Place,
}

/// Endpoints to test against, in the place of our stand-ins.
#[derive(Args, Clone, Debug, Default)]
pub struct EndpointArgs {
    /// Where SNS, SQS, DynamoDB and S3 are, or `aws` for the account of the caller's credentials
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<Place>,
    /// Where S3 is, if elsewhere: MinIO, for example, with `standin` for the rest
    #[arg(long, value_name = "URL")]
    s3_endpoint_url: Option<Place>,
    /// Where DynamoDB is, if elsewhere
    #[arg(long, value_name = "URL")]
    dynamodb_endpoint_url: Option<Place>,
}

impl EndpointArgs {
    /// The cloud that was asked for, if one was.
    pub fn cloud(&self) -> Option<Cloud> {
        let all = [&self.endpoint_url, &self.s3_endpoint_url, &self.dynamodb_endpoint_url];
        if all.iter().all(|place| place.is_none()) {
            return None;
        }
        let messaging = self.endpoint_url.clone().unwrap_or_default();
        let or_there = |place: &Option<Place>| place.clone().unwrap_or_else(|| messaging.clone());
        Some(Cloud {
            s3: or_there(&self.s3_endpoint_url),
            dynamodb: or_there(&self.dynamodb_endpoint_url),
            messaging,
        })
    }
}

impl Cloud {
    /// LocalStack where it is the reference; its DynamoDB would need a download, so that is ministack's.
    pub fn localstack() -> Self {
        let (messaging, s3) = (Place::LocalStack, Place::LocalStack);
        Self { messaging, s3, dynamodb: Place::Standin }
    }

    pub fn from_env() -> Result<Self> {
        env::var(VARIABLE).map_or_else(|_| Ok(Self::default()), |text| text.parse())
    }

    pub fn uses(&self, place: &Place) -> bool {
        [&self.messaging, &self.s3, &self.dynamodb].contains(&place)
    }

    pub fn needs_ministack(&self) -> bool {
        self.messaging == Place::Standin || self.dynamodb == Place::Standin
    }

    /// Whether somebody else runs a part of it: with their keys, and with what others keep there.
    pub fn is_foreign(&self) -> bool {
        [&self.messaging, &self.s3, &self.dynamodb]
            .iter()
            .any(|place| matches!(place, Place::Aws | Place::At(_)))
    }

    /// The SDK's variables for these endpoints.
    pub fn endpoints(&self, ports: &Ports) -> Vec<(&'static str, String)> {
        let url = |place: &Place, standin: &str| match place {
            Place::Standin => Some(ports.url(standin)),
            Place::LocalStack => Some(ports.url("localstack")),
            Place::Aws => None,
            Place::At(url) => Some(url.clone()),
        };
        let mut all = vec![
            ("AWS_ENDPOINT_URL", url(&self.messaging, "ministack")),
            ("AWS_ENDPOINT_URL_S3", url(&self.s3, "seaweedfs")),
        ];
        if self.dynamodb != self.messaging {
            all.push(("AWS_ENDPOINT_URL_DYNAMODB", url(&self.dynamodb, "ministack")));
        }
        all.into_iter().filter_map(|(name, url)| Some((name, url?))).collect()
    }
}

impl FromStr for Cloud {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut places = text.split(',').map(Place::from_str);
        let mut next =
            || places.next().with_context(|| format!("{VARIABLE} names three places"))?;
        Ok(Self { messaging: next()?, s3: next()?, dynamodb: next()? })
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.messaging, self.s3, self.dynamodb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(endpoint: Option<&str>, s3: Option<&str>) -> Option<Cloud> {
        let place = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let args = EndpointArgs {
            endpoint_url: place(endpoint),
            s3_endpoint_url: place(s3),
            dynamodb_endpoint_url: None,
        };
        args.cloud()
    }

    #[test]
    fn what_is_not_said_is_where_the_rest_is() {
        assert_eq!(asked(None, None), None);
        let minio = asked(None, Some("http://127.0.0.1:9000/")).unwrap();
        assert_eq!(minio.to_string(), "standin,http://127.0.0.1:9000,standin");
        assert!(minio.is_foreign() && minio.needs_ministack());
        assert_eq!(asked(Some("aws"), None).unwrap().to_string(), "aws,aws,aws");
    }

    #[test]
    fn survives_the_environment() {
        let all = [Cloud::default(), Cloud::localstack(), asked(Some("aws"), None).unwrap()];
        for cloud in all {
            assert_eq!(cloud.to_string().parse::<Cloud>().unwrap(), cloud);
        }
        assert!("standin,standin".parse::<Cloud>().is_err());
        assert!("ftp://x,standin,standin".parse::<Cloud>().is_err());
    }

    #[test]
    fn endpoints_are_named_as_the_sdk_reads_them() {
        let ports = Ports::example();
        let names = |cloud: &Cloud| cloud.endpoints(&ports).iter().map(|e| e.0).collect::<Vec<_>>();
        assert_eq!(names(&Cloud::default()), ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"]);
        assert_eq!(
            names(&Cloud::localstack()),
            ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB"]
        );
        assert!(names(&asked(Some("aws"), None).unwrap()).is_empty());
    }
}
