using Rxelon.Shared.Values;

namespace Rxelon.Cli;

/// <summary>What scripts can rely on (docs/cli.md).</summary>
internal static class ExitCodes
{
    internal const int Ok = 0;
    internal const int TaskFailed = 1;
    internal const int Usage = 2;
    internal const int Refused = 3;
    internal const int Network = 4;
    internal const int Integrity = 5;
    internal const int ThisMachine = 6;
    internal const int Interrupted = 130;

    internal static int Of(Fault fault) => fault.Code switch
    {
        FaultCodes.Unavailable or FaultCodes.BlobStoreUnavailable => Network,
        FaultCodes.HashMismatch or FaultCodes.DecryptFailed or FaultCodes.UnsafeArchive or FaultCodes.UntrustedHub or FaultCodes.BadSignature
            or FaultCodes.ProofFailed or FaultCodes.LedgerFork or FaultCodes.LedgerRolledBack => Integrity,
        FaultCodes.NotYet when fault.Retryable => Refused,
        FaultCodes.UnknownField or FaultCodes.NotYet or FaultCodes.Malformed => Usage,
        _ => Refused,
    };

    /// <summary>What somebody can do about it.</summary>
    internal static string? Hint(Fault fault) => fault.Code switch
    {
        FaultCodes.Unavailable => "Check that the hub runs and the address is right; a submission that was cut goes on with: rxelon task resume",
        FaultCodes.Unauthorized => "Check --profile and that the API key was not removed.",
        FaultCodes.InsufficientFunds => "Ask the hub's admin for tokens, or choose a smaller task, a lower tier or a lower --max.",
        FaultCodes.BudgetExceeded => "Raise --max (budget.max), or choose a cheaper tier.",
        FaultCodes.HashMismatch or FaultCodes.DecryptFailed => "The data was changed or damaged on its way; nothing of it was used. Fetch again, and tell the hub's admin if it stays so.",
        FaultCodes.UnsafeArchive => "A node sent a result that tries to write where it must not. Tell the hub's admin which node it was: rxelon task show",
        FaultCodes.UntrustedHub => "Compare the fingerprint with the one the hub prints at start.",
        FaultCodes.LedgerFork or FaultCodes.LedgerRolledBack => "Keep the evidence, show it to others who use this log, and do not delete what was kept here.",
        FaultCodes.ProofFailed => "Keep the file: it shows that somebody changed what happened, or the receipt. Fetch it again and compare.",
        FaultCodes.Erased => "Its keys were destroyed at its owner's wish; receipts that were fetched before still open.",
        FaultCodes.ClockSkew => "Set this machine's clock.",
        FaultCodes.QuotaExceeded => "Delete old tasks: rxelon task delete TASK",
        FaultCodes.RateLimited => "Wait a moment and try again.",
        _ when fault.Retryable => "Trying again may help.",
        _ => null,
    };
}
