using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// What a node's session shows to whoever seals keys to it: its identity key (Ed25519), the session's nonce, and the identity's signature
/// over session key and nonce (<c>rx/session/v1</c>). <see cref="Quote"/> is an executor's attestation, when it has one.
/// </summary>
public sealed record SessionProof(byte[] IdentityKey, byte[] Nonce, byte[] Signature, byte[]? Quote = null);

/// <summary>An attempt that is ready and waits for keys sealed to this session key.</summary>
public sealed record KeyWait(byte[] SessionKey, SessionProof Proof);

/// <summary>From the owner's client: a key holder is there and looks for requests.</summary>
public sealed record AttendKeys(TaskId Task, AccountId By, DateTimeOffset At) : ITaskCommand;

/// <summary>Asks for <see cref="KeyRequests"/>; changes nothing.</summary>
public sealed record GetKeyRequests(TaskId Task, AccountId By, DateTimeOffset At) : ITaskCommand, IQuery;

/// <summary>From the owner's client: keys of these attempts, sealed by it.</summary>
public sealed record HandKeys(TaskId Task, AccountId By, IReadOnlyList<HandedKeys> Grants, DateTimeOffset At) : ITaskCommand;

/// <summary>One attempt's keys, sealed to the session key that its request showed.</summary>
public sealed record HandedKeys(PartAttempt Attempt, NodeId Node, byte[] SessionKey, byte[] Sealed)
{
    /// <summary>Further pages.</summary>
    public IReadOnlyList<byte[]> More { get; init; } = [];
}

/// <summary>Not kept: these attempts are ready and wait for the owner's client.</summary>
public sealed record KeysAwaited(IReadOnlyList<AwaitedKeys> Attempts, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

public sealed record AwaitedKeys(PartAttempt Attempt, KeyWait Wait);

/// <summary>
/// Not kept: keys whose release is on record already, but which a restarted hub had lost, were handed over once more for the same
/// attempts and session keys.
/// </summary>
public sealed record KeysForwarded(IReadOnlyList<PartAttempt> Attempts, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Not kept: a key holder asked, so parts may be placed again.</summary>
public sealed record OwnerAttended(DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Attempts that wait for keys.</summary>
public sealed record KeyRequests(TaskId Task, TaskPhase Phase, IReadOnlyList<KeyRequest> Requests) : TaskReply(Task);

/// <summary>One attempt that waits: on which node, whose, and what the client must check and seal to.</summary>
public sealed record KeyRequest(PartAttempt Attempt, NodeId Node, AccountId Operator, KeyWait Wait)
{
    /// <summary>Why the part exists.</summary>
    public PartOrigin Origin { get; init; } = PartOrigin.Submitted(Attempt.Part);

    /// <summary>The results that it gets.</summary>
    public IReadOnlyList<NeededResult> Results { get; init; } = [];

    /// <summary>It may leave a checkpoint.</summary>
    public bool MayLeaveCheckpoint { get; init; }

    /// <summary>The attempt whose checkpoint it begins from; null: from the input.</summary>
    public int? BeginsFrom { get; init; }
}

/// <summary>Per attempt: handed on, or why not.</summary>
public sealed record KeysHanded(TaskId Task, IReadOnlyList<(PartAttempt Attempt, Fault? Refusal)> Answers) : TaskReply(Task);
