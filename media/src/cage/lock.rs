//! Locks the process in: no files, no network, no new programs, bounded memory and time.

use std::{collections::BTreeMap, error::Error, process};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::Limits;

#[cfg(target_arch = "x86_64")]
const ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCH: TargetArch = TargetArch::aarch64;

/// Between the signal that says that the CPU time is used up and the one that cannot be ignored.
const CPU_GRACE_SECONDS: u64 = 5;

/// Locks the calling process in for good: it keeps the descriptors it has, memory, threads and
/// clocks. To be called before it has a second thread.
///
/// # Errors
/// If the kernel lacks a lock: then nothing may be decoded here.
pub fn lock_in(limits: Limits) -> Result<(), Box<dyn Error>> {
    let cpu = limits.cpu_seconds;
    for (resource, soft, hard) in [
        (Resource::AS, limits.memory_bytes, limits.memory_bytes),
        (Resource::CPU, cpu, cpu.saturating_add(CPU_GRACE_SECONDS)),
        (Resource::FSIZE, 0, 0),
        (Resource::CORE, 0, 0),
        (Resource::NOFILE, 16, 16),
    ] {
        resource.set(soft, hard)?;
    }
    no_files_no_network()?;
    // Last: from here on, only these calls.
    for (answer, calls) in soft_refusals() {
        let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
        apply(rules, SeccompAction::Allow, SeccompAction::Errno(answer.unsigned_abs()))?;
    }
    apply(allowed()?, SeccompAction::KillProcess, SeccompAction::Allow)
}

fn no_files_no_network() -> Result<(), Box<dyn Error>> {
    // ABI 6 (Linux 6.12) knows the most; older kernels are served as well as they can be, but
    // file access, known since the first, must be enforced.
    let all = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(all))?
        .handle_access(AccessNet::from_all(all))?
        .scope(Scope::from_all(all))?
        .create()?
        .restrict_self()?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("this kernel has no landlock".into());
    }
    Ok(())
}

fn apply(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<(), Box<dyn Error>> {
    let program: BpfProgram = SeccompFilter::new(rules, otherwise, matched, ARCH)?.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}

/// Calls that libc and libav try and can do without: an error instead of death.
fn soft_refusals() -> Vec<(i32, Vec<i64>)> {
    let refused = vec![
        libc::SYS_getcwd,
        libc::SYS_statx,
        libc::SYS_newfstatat,
        libc::SYS_fcntl,
        libc::SYS_mbind,
        libc::SYS_set_mempolicy,
        libc::SYS_get_mempolicy,
        libc::SYS_readlinkat,
        libc::SYS_faccessat,
        libc::SYS_sched_setaffinity,
        libc::SYS_uname,
        libc::SYS_sysinfo,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_readlink,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_access,
    ];
    vec![
        // libc falls back to `clone`, whose flags can be looked at.
        (libc::ENOSYS, vec![libc::SYS_clone3]),
        (libc::EACCES, vec![libc::SYS_openat]),
        // libav asks whether its log goes to a terminal.
        (libc::ENOTTY, vec![libc::SYS_ioctl]),
        (libc::EPERM, refused),
    ]
}

/// All that decoding and encoding need: memory, threads, clocks, and the one socket they have.
fn allowed() -> Result<BTreeMap<i64, Vec<SeccompRule>>, Box<dyn Error>> {
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_readv,
        libc::SYS_writev,
        libc::SYS_recvfrom,
        libc::SYS_sendto,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_lseek,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_brk,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_getrusage,
        libc::SYS_restart_syscall,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();
    // Refused softly by the filters before this one; an earlier refusal wins over this leave.
    let softly = soft_refusals().into_iter().flat_map(|(_, calls)| calls);
    allowed.extend(softly.map(|call| (call, Vec::new())));
    let bits = |bits: i32| u64::from(bits.unsigned_abs());
    let no_code = || argument(2, SeccompCmpOp::MaskedEq(bits(libc::PROT_EXEC)), 0);
    let thread = bits(libc::CLONE_THREAD);
    allowed.insert(libc::SYS_mmap, vec![no_code()?]);
    allowed.insert(libc::SYS_mprotect, vec![no_code()?]);
    allowed.insert(libc::SYS_clone, vec![argument(0, SeccompCmpOp::MaskedEq(thread), thread)?]);
    let naming = |option: i32| argument(0, SeccompCmpOp::Eq, bits(option));
    allowed.insert(libc::SYS_prctl, vec![naming(libc::PR_SET_NAME)?, naming(libc::PR_SET_VMA)?]);
    // Signals to itself only: `abort` sends one.
    let itself = argument(0, SeccompCmpOp::Eq, u64::from(process::id()))?;
    allowed.insert(libc::SYS_tgkill, vec![itself]);
    // Reading limits only: the new limit's pointer must be null.
    let null = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    allowed.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![null])?]);
    Ok(allowed)
}

fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, Box<dyn Error>> {
    let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}
