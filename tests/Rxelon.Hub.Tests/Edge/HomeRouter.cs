using System.Diagnostics;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>
/// A home network made of Linux network namespaces: a machine in a private network behind a masquerading router, which reaches
/// this machine at <see cref="HubAddress"/>. Nothing here can reach the machine. Needs root, iproute2 and iptables.
/// </summary>
internal sealed class HomeRouter : IAsyncDisposable
{
    private readonly string _tag = $"{Environment.ProcessId % 60_000:x}";
    private readonly int _net = Environment.ProcessId % 250;

    internal string HubAddress => $"198.18.{_net}.1";

    private string Router => $"rxr{_tag}";

    private string Home => $"rxh{_tag}";

    private string Lan => $"192.168.{_net}";

    internal static async Task<HomeRouter> StartAsync()
    {
        Assert.True(Environment.UserName == "root", "The NAT test makes network namespaces: run it as root (./rx test does).");
        foreach (var tool in new[] { "ip", "iptables" })
            Assert.True(
                (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, tool))),
                $"The NAT test needs '{tool}': apt-get install iproute2 iptables.");
        var router = new HomeRouter();
        await router.BuildAsync();
        return router;
    }

    /// <summary>Starts a program on the machine behind the router.</summary>
    internal Process Run(string program, params string[] arguments)
        => Process.Start(new ProcessStartInfo("ip", ["netns", "exec", Home, program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>The line to the provider goes down or up; going down empties the router's table of connections.</summary>
    internal Task LineAsync(bool up) => IpAsync($"-n {Router} link set rxw{_tag} {(up ? "up" : "down")}");

    public async ValueTask DisposeAsync()
    {
        await TryAsync("ip", $"netns del {Home}");
        await TryAsync("ip", $"netns del {Router}");
        await TryAsync("ip", $"link del rxp{_tag}");
    }

    private async Task BuildAsync()
    {
        await IpAsync($"netns add {Router}");
        await IpAsync($"netns add {Home}");
        await IpAsync($"link add rxp{_tag} type veth peer name rxw{_tag} netns {Router}");
        await IpAsync($"-n {Router} link add rxl{_tag} type veth peer name eth0 netns {Home}");
        await IpAsync($"addr add {HubAddress}/24 dev rxp{_tag}");
        await IpAsync($"link set rxp{_tag} up");
        await IpAsync($"-n {Router} addr add 198.18.{_net}.2/24 dev rxw{_tag}");
        await IpAsync($"-n {Router} addr add {Lan}.1/24 dev rxl{_tag}");
        await IpAsync($"-n {Home} addr add {Lan}.2/24 dev eth0");
        foreach (var (space, device) in new[] { (Router, "lo"), (Router, $"rxw{_tag}"), (Router, $"rxl{_tag}"), (Home, "lo"), (Home, "eth0") })
            await IpAsync($"-n {space} link set {device} up");
        await IpAsync($"-n {Home} route add default via {Lan}.1");
        await IpAsync($"netns exec {Router} sh -c \"echo 1 > /proc/sys/net/ipv4/ip_forward\"");
        await IpAsync($"netns exec {Router} iptables -t nat -A POSTROUTING -s {Lan}.0/24 -o rxw{_tag} -j MASQUERADE");
        // A home router lets nothing in that was not asked for.
        await IpAsync($"netns exec {Router} iptables -A FORWARD -i rxw{_tag} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
        await IpAsync($"netns exec {Router} iptables -A FORWARD -i rxw{_tag} -j DROP");
    }

    private static async Task IpAsync(string arguments)
    {
        var (code, error) = await TryAsync("ip", arguments);
        Assert.True(code == 0, $"ip {arguments}: {error}");
    }

    private static async Task<(int Code, string Error)> TryAsync(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
