using Akka.Actor;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge;

/// <summary>
/// Messages of the node router, the one actor of the private system that knows which live session serves which node. Task
/// entities send it work for a node; sessions register with it. A message for a session that is gone is dropped: the task learns
/// of the loss from the router (<see cref="FailAttempts"/> with node-lost), never from a missing answer.
/// </summary>
public interface IToNode
{
    NodeId Node { get; }

    /// <summary>The session the work was placed on; another session of the same node does not get it.</summary>
    ulong Session { get; }
}

/// <summary>Parts of one stage; spec, program and total are that stage's. The stage's name is empty for the task's own run.</summary>
public sealed record StartParts(
    NodeId Node, ulong Session, TaskId Task, TaskSpec Spec, BlobRef Program, int PartsTotal,
    IReadOnlyList<StartedPart> Parts, AccountId Owner = default, string Stage = "", string? StopFile = null,
    bool Verified = false, bool WithoutFuel = false) : IToNode, INoSerializationVerificationNeeded;

/// <summary>Each attempt's grant, page by page.</summary>
public sealed record GrantParts(
    NodeId Node, ulong Session, TaskId Task, IReadOnlyList<(PartAttempt Attempt, IReadOnlyList<byte[]> Pages)> Grants) : IToNode, INoSerializationVerificationNeeded;

/// <summary>
/// These attempts end. With <paramref name="KeepCheckpoint"/> the task still counts them as running: the node gives them back, with what
/// their programs left, and they are placed again (docs/design/checkpoints.md).
/// </summary>
public sealed record StopParts(
    NodeId Node, ulong Session, TaskId Task, IReadOnlyList<PartAttempt> Parts, string Reason, bool KeepCheckpoint = false) : IToNode, INoSerializationVerificationNeeded;

/// <summary>From an admin: the node gets no new parts until it starts again; what left a checkpoint moves, the rest runs to its end.</summary>
public sealed record DrainNode(NodeId Node, string Reason) : INoSerializationVerificationNeeded;

/// <summary>Answers <see cref="DrainNode"/>: how many attempts it runs; null when it has no session.</summary>
public sealed record NodeDraining(int? Running) : INoSerializationVerificationNeeded;

/// <summary>
/// From a task: show what was promised for these attempts. Goes to whatever session the node has; asked again when another begins
/// within the time that the node has to answer.
/// </summary>
public sealed record AskReveals(NodeId Node, TaskId Task, IReadOnlyList<PartAttempt> Attempts) : INoSerializationVerificationNeeded;

/// <summary>From a node's record: its session gets no new parts and gives back what it runs, or may work again.</summary>
public sealed record SetQuarantine(NodeId Node, bool IsQuarantined) : INoSerializationVerificationNeeded;

/// <summary>To the router: cut this node off at once: revoked (for good) or isolated (until an admin clears the alarm).</summary>
public sealed record CutNode(NodeId Node, string Code, string Reason) : INoSerializationVerificationNeeded;

/// <summary>From a session's proxy: it is admitted and can take work; the offer goes on to the matchmaker.</summary>
public sealed record SessionUp(NodeOffer Offer, IActorRef Proxy) : INoSerializationVerificationNeeded;

/// <summary>From a session's proxy: capacity, price or slots changed.</summary>
public sealed record SessionOffer(NodeOffer Offer) : INoSerializationVerificationNeeded;

/// <summary>From a session's proxy: it ended (lost, said goodbye, cut off, replaced by a newer session).</summary>
public sealed record SessionDown(NodeId Node, ulong Session, string Reason) : INoSerializationVerificationNeeded;

/// <summary>Asks for <see cref="SessionList"/>.</summary>
public sealed record ListSessions : INoSerializationVerificationNeeded
{
    public static ListSessions Instance { get; } = new();
}

/// <summary>Live sessions with their present offers and attempts under way.</summary>
public sealed record SessionList(IReadOnlyList<SessionStatus> Sessions) : INoSerializationVerificationNeeded;

public sealed record SessionStatus(
    NodeOffer Offer, DateTimeOffset Since, DateTimeOffset LastHeard, int Running, string ClientVersion, IReadOnlyList<string> Warnings);
