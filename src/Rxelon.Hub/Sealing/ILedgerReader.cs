using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// Reads the published ledger, and makes receipts. From any thread; what is not under a published checkpoint yet is not shown, and says so
/// where somebody waits for it. The public files themselves are served from <see cref="Directory"/>.
/// </summary>
public interface ILedgerReader
{
    /// <summary>Where the public files are.</summary>
    string Directory { get; }

    /// <summary>The policy that readers of this log need (tlog-policy text), and what this set-up proves.</summary>
    (string Policy, string Claim) Terms();

    /// <summary>Published blocks below that height, newest first.</summary>
    IReadOnlyList<PublishedBlock> Blocks(ulong? before, int limit);

    /// <summary>One block, or null.</summary>
    PublishedBlock? Block(ulong height);

    /// <summary>A published entry's bytes, or null.</summary>
    byte[]? Entry(ulong index);

    /// <summary>
    /// Every event of the task and of its money so far, and the nodes that signed in them. Pending while one of them is not published, and, for a
    /// <paramref name="settled"/> task, while its closing settlement is not. Fault: not-found, erased.
    /// </summary>
    Outcome<(Receipt Receipt, IReadOnlyCollection<NodeId> Nodes)> TaskReceipt(TaskId task, AccountId owner, bool settled);

    /// <summary>The account's events after that number, with their places.</summary>
    IReadOnlyList<AccountEntryState> AccountEntries(AccountId account, ulong after, int limit);

    /// <summary>One event of the account. Fault: not-found, erased.</summary>
    Outcome<Receipt> AccountReceipt(AccountId account, ulong sequenceNr);

    /// <summary>A node's first event, its enrolment. Fault: not-found.</summary>
    Outcome<Receipt> NodeEnrolment(NodeId node);
}

/// <summary>A block as published; <see cref="Note"/> is its signed and cosigned checkpoint.</summary>
public sealed record PublishedBlock(
    ulong Height, ulong Size, ulong PreviousSize, MerkleHash Root, MerkleHash Hash, MerkleHash Previous, ulong Events, string Note, DateTimeOffset PublishedAt);

/// <summary>An event of an account; <see cref="Index"/>: its entry, null before it is sealed; <see cref="IsFinal"/>: a published block covers it.</summary>
public sealed record AccountEntryState(ulong SequenceNr, string Manifest, DateTimeOffset At, ulong? Index, bool IsFinal);
