//! Every way in which a token can be wrong.

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;

use super::*;
use crate::auth::{jwk::KeySet, secret::encoded};

const ISSUER: &str = "https://issuer.example";
const NOW: u64 = 1_800_000_000;

struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(signing, key.as_ref(), &random).unwrap())
    }

    fn keys(&self, extra: Value) -> KeySet {
        let point = self.0.public_key().as_ref();
        let mut key = json!({"kty": "EC", "crv": "P-256", "kid": "a",
            "x": encoded(&point[1..33]), "y": encoded(&point[33..])});
        key.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        KeySet::parse(&json!({ "keys": [key] }).to_string()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| encoded(json.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(signature.as_ref()))
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "a"})
}

fn claims(change: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "sub": "ada", "aud": "fantail", "exp": NOW + 100});
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    claims
}

fn check(keys: &KeySet, token: &str) -> Result<Claims, Refused> {
    let token = Unverified::parse(token)?;
    let claims = token.verified_by(keys.find(token.key_id()).ok_or(Refused::UnknownKey)?)?;
    claims.check(ISSUER, &["fantail"], NOW)?;
    Ok(claims)
}

fn refused(claims_change: &Value) -> Option<Refused> {
    let signer = Signer::new();
    check(&signer.keys(json!({})), &signer.sign(&header(), &claims(claims_change))).err()
}

#[test]
fn the_claims_must_be_true_here_and_now() {
    assert_eq!(refused(&json!({})), None);
    assert_eq!(refused(&json!({"aud": ["other", "fantail"]})), None);
    assert_eq!(refused(&json!({"iss": "https://other.example"})), Some(Refused::Issuer));
    assert_eq!(refused(&json!({"aud": "other"})), Some(Refused::Audience));
    assert_eq!(refused(&json!({"aud": []})), Some(Refused::Audience));
    assert_eq!(refused(&json!({"exp": NOW - 20})), None, "clocks differ");
    assert_eq!(refused(&json!({"exp": NOW - 40})), Some(Refused::Expired));
    assert_eq!(refused(&json!({"nbf": NOW + 20})), None);
    assert_eq!(refused(&json!({"nbf": NOW + 40})), Some(Refused::NotYet));
    for malformed in [json!({"exp": "never"}), json!({"exp": null}), json!({"nbf": "x"})] {
        assert_eq!(refused(&malformed), Some(Refused::Malformed), "{malformed}");
    }
}

#[test]
fn cognito_names_the_client_of_an_access_token() {
    let signer = Signer::new();
    let keys = signer.keys(json!({}));
    let token = |change: Value| {
        let mut claims = claims(&change);
        claims.as_object_mut().unwrap().remove("aud");
        signer.sign(&header(), &claims)
    };
    let access = json!({"client_id": "fantail", "token_use": "access",
        "cognito:groups": ["operators"]});
    let claims = check(&keys, &token(access)).unwrap();
    assert!(claims.is_in("operators") && !claims.is_in("operator"));
    for wrong in [
        json!({"client_id": "other", "token_use": "access"}),
        json!({"client_id": "fantail", "token_use": "id"}),
        json!({"client_id": "fantail"}),
        json!({}),
    ] {
        assert_eq!(check(&keys, &token(wrong)).err(), Some(Refused::Audience));
    }
}

#[test]
fn a_token_is_signed_by_a_key_of_the_issuer() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let keys = signer.keys(json!({}));
    let good = signer.sign(&header(), &claims(&json!({})));
    let refused = |token: &str| check(&keys, token).err();
    assert_eq!(refused(&stranger.sign(&header(), &claims(&json!({})))), Some(Refused::Signature));
    let other = signer.sign(&header(), &claims(&json!({"sub": "eve"})));
    let (message, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    assert_eq!(refused(&format!("{message}.{signature}")), Some(Refused::Signature));
    let unknown = signer.sign(&json!({"alg": "ES256", "kid": "b"}), &claims(&json!({})));
    assert_eq!(refused(&unknown), Some(Refused::UnknownKey));
    let unnamed = signer.sign(&json!({"alg": "ES256"}), &claims(&json!({})));
    assert_eq!(refused(&unnamed), None, "there is one key only");
    for malformed in ["", "a", "a.b", "a.b.c", &good.replace('.', ".."), &"x".repeat(20_000)] {
        assert_eq!(refused(malformed), Some(Refused::Malformed), "{malformed:.40}");
    }
}

#[test]
fn the_algorithm_is_the_keys_not_the_tokens() {
    let signer = Signer::new();
    let keys = signer.keys(json!({}));
    for alg in ["none", "None", "HS256", "HS512", "", "ES512"] {
        let header = json!({"alg": alg, "kid": "a"});
        let token = signer.sign(&header, &claims(&json!({})));
        assert_eq!(check(&keys, &token).err(), Some(Refused::Algorithm), "{alg}");
        let (message, _) = token.rsplit_once('.').unwrap();
        assert_eq!(check(&keys, &format!("{message}.")).err(), Some(Refused::Algorithm), "{alg}");
    }
    // HMAC with the public key as its secret, called by the name of the real algorithm.
    let token = signer.sign(&header(), &claims(&json!({})));
    let (message, _) = token.rsplit_once('.').unwrap();
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signer.0.public_key().as_ref());
    let forged = ring::hmac::sign(&secret, message.as_bytes());
    let forged = format!("{message}.{}", encoded(forged.as_ref()));
    assert_eq!(check(&keys, &forged).err(), Some(Refused::Signature));
    for alg in ["RS256", "PS256", "ES384", "EdDSA"] {
        let token = signer.sign(&json!({"alg": alg, "kid": "a"}), &claims(&json!({})));
        assert_eq!(check(&keys, &token).err(), Some(Refused::Signature), "{alg}");
    }
    let only = |alg: &str| signer.keys(json!({ "alg": alg }));
    assert!(check(&only("ES256"), &token).is_ok());
    assert_eq!(check(&only("ES384"), &token).err(), Some(Refused::Signature));
    assert_eq!(check(&only("RSA-OAEP"), &token).err(), Some(Refused::UnknownKey));
    assert_eq!(check(&signer.keys(json!({"use": "enc"})), &token).err(), Some(Refused::UnknownKey));
    for header in [
        json!({"alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false}),
        json!({"alg": "ES256", "kid": "a", "typ": "logout+jwt"}),
    ] {
        let token = signer.sign(&header, &claims(&json!({})));
        assert_eq!(check(&keys, &token).err(), Some(Refused::Malformed));
    }
}

/// RFC 7515 A.2.
#[test]
fn rs256_is_as_the_standard_has_it() {
    let modulus = concat!(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaS",
        "HSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    );
    let key = json!({"kty": "RSA", "e": "AQAB", "n": modulus});
    let message = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let keys = KeySet::parse(&json!({ "keys": [key] }).to_string()).unwrap();
    let key = keys.find(None).unwrap();
    let signature = decoded(signature).unwrap();
    assert!(key.has_signed(Algorithm::Rs256, message.as_bytes(), &signature));
    assert!(!key.has_signed(Algorithm::Rs384, message.as_bytes(), &signature));
    assert!(!key.has_signed(Algorithm::Ps256, message.as_bytes(), &signature));
    assert!(!key.has_signed(Algorithm::Rs256, &message.as_bytes()[1..], &signature));
}

#[test]
fn signing_in_takes_tokens_for_the_client_only() {
    let claims = |change: Value| -> Claims { serde_json::from_value(claims(&change)).unwrap() };
    assert!(claims(json!({"azp": "fantail"})).is_for_client("fantail"));
    assert!(claims(json!({"aud": ["fantail", "b"], "azp": "fantail"})).is_for_client("fantail"));
    for wrong in [
        json!({"aud": "b"}),
        json!({"azp": "b"}),
        json!({"aud": ["fantail", "b"]}),
        json!({"aud": null}),
    ] {
        assert!(!claims(wrong).is_for_client("fantail"));
    }
}
