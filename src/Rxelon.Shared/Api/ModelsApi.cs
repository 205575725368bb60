using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Api;

/// <summary>GET /v1/models: a model that live nodes offer, best node first (loaded, then cheaper).</summary>
public sealed record ModelInfo(string Model, IReadOnlyList<ModelNodeInfo> Nodes);

/// <summary>
/// One node that has the model. Speed is what the node measured over its own answers, null when it gave none yet;
/// <see cref="PerMillionTokens"/> is what its ask comes to at that speed for a part of one core, before the multipliers and the fee.
/// Memory in bytes and devices are those of the cluster behind the node.
/// </summary>
public sealed record ModelNodeInfo(
    NodeId Node, bool Loaded, double? TokensPerSecond, Tokens AskPerCoreHour, Tokens? PerMillionTokens, int SlotsFree, long PoolMemory,
    long PoolMemoryFree, int Devices);
