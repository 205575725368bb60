using Akka.Actor;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Sealing;

/// <summary>Registry key of the sealer; it answers the messages of this file.</summary>
public sealed class SealerKey;

/// <summary>To the sealer: make a new log key; the present one goes on signing for so long. Answered by <see cref="LogKeyRotated"/> or <see cref="LedgerRefused"/>.</summary>
public sealed record RotateLogKey(TimeSpan Window) : INoSerializationVerificationNeeded;

/// <summary>To the sealer: put another log's checkpoint (signed note) into this one. Answered by <see cref="LedgerDone"/> or <see cref="LedgerRefused"/>.</summary>
public sealed record AnchorCheckpoint(byte[] Note) : INoSerializationVerificationNeeded;

/// <summary>The new key (vkey) and until when the old one signs.</summary>
public sealed record LogKeyRotated(string OldKey, string NewKey, DateTimeOffset OldUntil) : INoSerializationVerificationNeeded;

/// <summary>It is done, or will be with the next batch.</summary>
public sealed record LedgerDone : INoSerializationVerificationNeeded;

/// <summary>It is not done, and why.</summary>
public sealed record LedgerRefused(Fault Fault) : INoSerializationVerificationNeeded;

/// <summary>What the sealer is at.</summary>
public enum LedgerPhase
{
    /// <summary>Opening its files.</summary>
    Starting,

    /// <summary>Asking the witnesses for what they have seen, before anything is signed.</summary>
    Checking,

    /// <summary>Sealing and publishing.</summary>
    Running,

    /// <summary>Nothing is sealed or signed until a person decides (docs/runbooks/ledger.md).</summary>
    Stopped,
}

/// <summary>One witness as last seen; <see cref="Trouble"/> is null while it vouches.</summary>
public sealed record WitnessStatus(string Name, ulong Size, string? Trouble);

/// <summary>How the ledger is doing.</summary>
/// <param name="Size">Entries committed.</param>
/// <param name="Height">Newest block; 0: none.</param>
/// <param name="PublishedSize">Entries that a published checkpoint covers.</param>
/// <param name="Trouble">Why it is stopped, or why publication waits; null when all is well.</param>
public sealed record LedgerStatus(
    LedgerPhase Phase, string Origin, IReadOnlyList<string> Keys, ulong Size, ulong Height, ulong PublishedSize, DateTimeOffset? PublishedAt, Fault? Trouble,
    IReadOnlyList<WitnessStatus> Witnesses)
{
    internal static readonly LedgerStatus None = new(LedgerPhase.Starting, "", [], 0, 0, 0, null, null, []);
}

/// <summary>The newest <see cref="LedgerStatus"/>, written by the sealer, read from any thread.</summary>
public sealed class LedgerBoard
{
    private volatile LedgerStatus _status = LedgerStatus.None;

    /// <summary>As last reported.</summary>
    public LedgerStatus Status
    {
        get => _status;
        internal set => _status = value;
    }
}
