using Akka.Actor;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Scheduling;

/// <summary>From the node router: a session is there, or its offer changed. Running attempts keep their room after a failover.</summary>
public sealed record OfferUpdate(NodeOffer Offer) : INoSerializationVerificationNeeded;

/// <summary>From the node router: that session is gone.</summary>
public sealed record OfferGone(NodeId Node, ulong Session) : INoSerializationVerificationNeeded;

/// <summary>From a task entity: what waits (an empty list: nothing). Replaces what was known of the task.</summary>
public sealed record DemandUpdate(TaskDemand Demand) : INoSerializationVerificationNeeded;

/// <summary>From a task entity: these attempts take no room any more; a fault counts towards the node's cool-down.</summary>
public sealed record RoomFreed(TaskId Task, NodeId Node, ulong Session, IReadOnlyList<PartAttempt> Attempts, Fault? Fault) : INoSerializationVerificationNeeded;

/// <summary>Why does this task wait? Answered by <see cref="WaitReason"/>.</summary>
public sealed record AskWhy(TaskId Task) : INoSerializationVerificationNeeded;

/// <summary>What would this cost and when would it start? Answered by <see cref="QuoteAnswer"/>.</summary>
public sealed record AskQuote(TaskSpec Spec, int Parts) : INoSerializationVerificationNeeded;

/// <summary>Nodes that fit now or once idle, demand in thousandths for the price, and reasons against the others.</summary>
public sealed record QuoteAnswer(
    int NodesFit, int NodesTotal, int DemandPermille, Tokens HighestAskPerCoreHour, TimeSpan? Estimate, IReadOnlyList<string> Reasons) : INoSerializationVerificationNeeded;
