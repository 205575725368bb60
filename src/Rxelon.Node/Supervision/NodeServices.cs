using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Node.Integrity;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>What the node's actors work with. <paramref name="Session"/> lives as long as this process: part keys are sealed to it.</summary>
internal sealed record NodeServices(
    NodeId Node, SigningKeyPair Identity, ExchangeKeyPair Session, IReadOnlyList<IExecutor> Executors, IReadOnlyList<ExecutorReport> Reports,
    BlobTransfer Blobs, CipherSpool Spool, OfferTerms Terms, TimeProvider Time)
{
    /// <summary>What this node promised.</summary>
    internal PromisedAnswers Answers { get; } = new(Time);

    /// <summary>Where it is written down what this node does.</summary>
    public IOperations Operations { get; init; } = NoOperations.Instance;

    /// <summary>Measures this node; null where nobody asks.</summary>
    public IntegrityReporter? Integrity { get; init; }

    /// <summary>The executor for that kind, when it is available here.</summary>
    internal IExecutor? ExecutorFor(WorkloadKind kind)
        => Reports.Any(r => r.Kind == kind && r.Available) ? Executors.FirstOrDefault(e => e.Kind == kind) : null;
}

/// <summary>What the operator offers, at which price.</summary>
internal sealed record OfferTerms(
    Resources Total, int Slots, long AskMicrosPerCoreHour, string Region, IReadOnlyDictionary<string, string> Labels);
