using System.Net;
using System.Net.Sockets;

namespace Rxelon.Node.Executors.Egress;

/// <summary>
/// Which addresses are of the public internet. Everything else is refused: a stranger's program must not reach the operator's own
/// network, this machine, or a cloud's metadata service (IANA special-purpose registries for IPv4 and IPv6).
/// </summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    // Ranges within 2000::/3 that are not a host's own address: protocol assignments, documentation, and 6to4, which holds an IPv4 address.
    private static readonly IPNetwork[] SpecialGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    internal static bool IsPublic(IPAddress address)
    {
        var real = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return real.AddressFamily == AddressFamily.InterNetwork
            ? !Special.Any(n => n.Contains(real))
            : Global.Contains(real) && !SpecialGlobal.Any(n => n.Contains(real));
    }
}
