using System.Net;
using System.Text.Json.Serialization;

namespace Rxelon.Node.Executors.Egress;

/// <summary>
/// What the operator agreed to, and how names become addresses. As JSON it is part of what the node measures: only what the operator chose.
/// </summary>
public sealed record EgressTerms
{
    /// <summary><c>any</c>, <c>[*.]HOST</c> or <c>[*.]HOST:PORT</c>; empty: no program reaches a network.</summary>
    public IReadOnlyList<string> Agreed { get; init; } = [];

    /// <summary>Where every connection is written down (<c>network.log</c>); null: nowhere.</summary>
    [JsonIgnore]
    public string? LogDirectory { get; init; }

    /// <summary>The addresses of a name; the machine's resolver but in tests.</summary>
    [JsonIgnore]
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Whether an address may be connected to; only public ones but in tests.</summary>
    [JsonIgnore]
    public Func<IPAddress, bool> MayReach { get; init; } = PublicAddress.IsPublic;
}
