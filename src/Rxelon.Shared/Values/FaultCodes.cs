namespace Rxelon.Shared.Values;

/// <summary>Every stable error code. A code is never renamed or reused; messages may change.</summary>
public static class FaultCodes
{
    // Requests
    public const string Malformed = "malformed";
    public const string UnknownField = "unknown-field";
    public const string NotYet = "not-yet";
    public const string Unauthorized = "unauthorized";
    public const string Forbidden = "forbidden";
    public const string NotFound = "not-found";
    public const string Conflict = "conflict";
    public const string TooLarge = "too-large";
    public const string QuotaExceeded = "quota-exceeded";
    public const string RateLimited = "rate-limited";
    public const string Unavailable = "unavailable";
    public const string BadSignature = "bad-signature";
    public const string ProofFailed = "proof-failed";
    public const string LedgerAhead = "ledger-ahead";
    public const string LedgerStopped = "ledger-stopped";
    public const string TokenExpired = "token-expired";
    public const string TokenUsed = "token-used";
    public const string ClockSkew = "clock-skew";
    public const string UntrustedHub = "untrusted-hub";

    // Money
    public const string InsufficientFunds = "insufficient-funds";
    public const string BudgetExceeded = "budget-exceeded";

    // Data
    public const string HashMismatch = "hash-mismatch";
    public const string DecryptFailed = "decrypt-failed";
    public const string BlobMissing = "blob-missing";
    public const string StorageFull = "storage-full";
    public const string UnsafeArchive = "unsafe-archive";
    public const string BadRecords = "bad-records";
    public const string InputChanged = "input-changed";
    public const string BlobStoreUnavailable = "blob-store-unavailable";

    // Attempts
    public const string ProgramFailed = "program-failed";
    public const string ProgramTrapped = "program-trapped";
    public const string TimeLimit = "time-limit";
    public const string MemoryLimit = "memory-limit";
    public const string OutputLimit = "output-limit";
    public const string ProcessLimit = "process-limit";
    public const string BadProgram = "bad-program";
    public const string ImageMissing = "image-missing";
    public const string ImageRefused = "image-refused";
    public const string NetworkRefused = "network-refused";
    public const string ImageUnavailable = "image-unavailable";
    public const string ExecutorMissing = "executor-missing";
    public const string ExecutorFailed = "executor-failed";
    public const string ModelMissing = "model-missing";
    public const string ModelLoading = "model-loading";
    public const string ModelStalled = "model-stalled";
    public const string ResultsDiffer = "results-differ";
    public const string StreamDiffers = "stream-differs";
    public const string OperatorDistrusted = "operator-distrusted";
    public const string NodeLost = "node-lost";
    public const string NodeBusy = "node-busy";
    public const string NodeRestarted = "node-restarted";
    public const string StaleAttempt = "stale-attempt";
    public const string Stopped = "stopped";
    public const string HandedOver = "handed-over";

    // Tasks
    public const string RetriesExhausted = "retries-exhausted";
    public const string KillsNodes = "kills-nodes";
    public const string DeadlinePassed = "deadline-passed";
    public const string CancelledByOwner = "cancelled-by-owner";
    public const string AlreadyEnded = "already-ended";
    public const string Erased = "erased";
    public const string OwnerAbsent = "owner-absent";
    public const string CustodyUnavailable = "custody-unavailable";

    // The ledger
    public const string LedgerFork = "ledger-fork";
    public const string LedgerRolledBack = "ledger-rolled-back";

    // Nodes and the link
    public const string NodeRevoked = "node-revoked";
    public const string NodeNotApproved = "node-not-approved";
    public const string NodeIsolated = "node-isolated";
    public const string DuplicateIdentity = "duplicate-identity";
    public const string StaleSession = "stale-session";
    public const string ProtocolVersion = "protocol-version";
}
