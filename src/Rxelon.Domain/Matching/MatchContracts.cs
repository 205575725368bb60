using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>
/// A live session's capacity as its node reports it: <see cref="Free"/> is <see cref="Total"/> less what runs there. A draining
/// node keeps what it runs and gets nothing new.
/// </summary>
public sealed record NodeOffer(
    NodeId Node,
    AccountId Operator,
    ulong Session,
    Resources Free,
    Resources Total,
    int SlotsFree,
    int SlotsTotal,
    bool Draining,
    Tokens AskPerCoreHour,
    string Region,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlySet<WorkloadKind> Kinds,
    IReadOnlySet<string> Images)
{
    private static readonly IReadOnlyDictionary<string, OfferedModel> NoModels = new Dictionary<string, OfferedModel>();

    /// <summary>Models that the node's cluster can run now, by full name.</summary>
    public IReadOnlyDictionary<string, OfferedModel> Models { get; init; } = NoModels;

    /// <summary>The cluster behind the models; null without one.</summary>
    public OfferedPool? Pool { get; init; }

    /// <summary>Registries that the node pulls images from, <c>HOST[:PORT][/PREFIX]</c>.</summary>
    public IReadOnlyList<string> Registries { get; init; } = [];

    /// <summary>Runs images that come encrypted with a task.</summary>
    public bool TakesImages { get; init; }

    /// <summary>Where the operator lets programs connect to: <c>any</c>, <c>[*.]HOST</c>, <c>[*.]HOST:PORT</c>.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>The node's GPUs, used ones too.</summary>
    public IReadOnlyList<GpuInfo> Gpus { get; init; } = [];

    /// <summary>GPUs that no attempt has.</summary>
    public int GpusFree { get; init; }
}

/// <summary>A loaded model answers at once, another is placed first. Speed in thousandths of a token per second, 0 unknown.</summary>
public readonly record struct OfferedModel(bool IsLoaded, long MilliTokensPerSecond);

/// <summary>All live members of a node's cluster together; memory in bytes.</summary>
public readonly record struct OfferedPool(long Memory, long MemoryFree, int Devices);

/// <summary>One part on one node.</summary>
public readonly record struct Match(TaskId Task, Placed Placed);

/// <summary>Why a task waits, in plain words, and a guess when it starts (null: unknown).</summary>
public sealed record WaitReason(string Code, string Sentence, TimeSpan? Estimate);

/// <summary>
/// What a task would meet now: nodes that fit it (now or once idle), demand in thousandths for the price, the ask to quote at,
/// a guess when it starts (null: unknown), and reasons against the other nodes.
/// </summary>
public sealed record MarketSurvey(
    int NodesFit, int NodesTotal, int DemandPermille, Tokens HighestAskPerCoreHour, TimeSpan? Estimate, IReadOnlyList<string> Reasons);
