//! Passwords of shares: Argon2id with the parameters that OWASP names, few at a time.

use anyhow::{Context, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    auth::secret::{decoded, encoded},
    catalogue::PasswordHash,
    problem::Problem,
};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const HASH: usize = 32;
const SHORTEST: usize = 8;
const LONGEST: usize = 200;
/// How many are computed at the same time: each takes memory and a core.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Whether it may be one.
///
/// # Errors
/// 400 with the limits.
pub(super) fn check(password: &str) -> Result<(), Problem> {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let detail = format!("A password has {SHORTEST} to {LONGEST} characters.");
    Err(Problem::bad_request("invalid_password", detail))
}

/// What is kept of a password.
///
/// # Errors
/// If it cannot be computed.
pub(super) async fn hashed(password: String) -> anyhow::Result<PasswordHash> {
    let salt = rand::random::<[u8; 16]>();
    let hash = compute(password, salt.to_vec(), MEMORY_KIB, PASSES).await?;
    Ok(PasswordHash {
        salt: encoded(&salt),
        hash: encoded(&hash),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
    })
}

/// Whether it is the password.
///
/// # Errors
/// If it cannot be computed.
pub(super) async fn matches(password: String, kept: &PasswordHash) -> anyhow::Result<bool> {
    let salt = decoded(&kept.salt).context("a salt is broken")?;
    let right = decoded(&kept.hash).context("a hash is broken")?;
    let hash = compute(password, salt, kept.memory_kib, kept.passes).await?;
    // Takes the same time wherever they differ.
    let differences = hash.iter().zip(&right).fold(0, |all, (a, b)| all | (a ^ b));
    Ok(right.len() == HASH && differences == 0)
}

async fn compute(
    password: String,
    salt: Vec<u8>,
    memory_kib: u32,
    passes: u32,
) -> anyhow::Result<[u8; HASH]> {
    let _turn = TURNS.acquire().await.context("waiting for a turn")?;
    let computing = spawn_blocking(move || {
        let params = Params::new(memory_kib, passes, 1, Some(HASH)).map_err(|e| anyhow!("{e}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; HASH];
        let done = argon2.hash_password_into(password.as_bytes(), &salt, &mut hash);
        done.map_err(|e| anyhow!("{e}")).map(|()| hash)
    });
    computing.await.context("hashing a password")?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let kept = hashed("correct horse".into()).await.unwrap();
        assert!(matches("correct horse".into(), &kept).await.unwrap());
        assert!(!matches("correct horsf".into(), &kept).await.unwrap());
        assert_ne!(kept, hashed("correct horse".into()).await.unwrap(), "salted");
    }

    #[test]
    fn passwords_have_limits() {
        assert!(check("12345678").is_ok() && check(&"ü".repeat(200)).is_ok());
        assert!(check("1234567").is_err() && check(&"x".repeat(201)).is_err());
    }
}
