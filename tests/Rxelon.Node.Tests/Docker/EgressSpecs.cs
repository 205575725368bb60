using System.Net;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Egress;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Docker;

/// <summary>A real server, real containers. Names resolve to this machine, which the tests let programs reach where they say so.</summary>
[Collection(DockerTests.Name)]
public sealed class EgressSpecs(DockerFixture docker) : IAsyncLifetime
{
    private readonly HelloServer _server = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("rxelon-egress-");
    private DockerExecutor _executor = null!;

    private string Good => $"good.example:{_server.Port}";

    public async Task InitializeAsync() => _executor = await docker.ExecutorAsync(Terms(_ => true));

    public async Task DisposeAsync()
    {
        await _executor.DisposeAsync();
        await _server.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task What_task_and_operator_allow_is_reached_and_written_down_without_its_content()
    {
        var ran = await RunAsync($"busybox wget -q -O - http://{Good}/secret-path", Good);

        Assert.Null(ran.Result.Fault);
        Assert.Equal("hello /secret-path\n", ran.Files["stdout"]);
        Assert.Matches($@"^\[network\] {Good} connected, [1-9][0-9]* bytes sent, [1-9][0-9]* received\n$", ran.Files["stderr"]);
        var log = await File.ReadAllTextAsync(Path.Combine(_state.FullName, "network.log"));
        Assert.Contains($" {Good} connected, ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tunnel_passes_bytes_both_ways()
    {
        var ran = await RunAsync($"printf 'CONNECT {Good} HTTP/1.1\\r\\n\\r\\nGET /tunnel HTTP/1.0\\r\\n\\r\\n' | busybox nc 127.0.0.1 3128", Good);

        Assert.StartsWith("HTTP/1.1 200 Connection established\r\n\r\n", ran.Files["stdout"], StringComparison.Ordinal);
        Assert.EndsWith("hello /tunnel\n", ran.Files["stdout"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://bad.example:{0}/", "the task does not list it")]
    [InlineData("http://good.example:1/", "the task does not list it")]
    [InlineData("http://127.0.0.1:{0}/", "the task does not list it")]
    public async Task What_the_task_did_not_ask_for_is_refused_and_written_down(string url, string why)
    {
        var ran = await RunAsync($"busybox wget -q -O - {url.Replace("{0}", $"{_server.Port}", StringComparison.Ordinal)} || echo refused", Good);

        Assert.Equal("refused\n", ran.Files["stdout"]);
        Assert.Contains(why, ran.Files["stderr"], StringComparison.Ordinal);
        Assert.Equal(0, _server.Visits);
    }

    [Fact]
    public async Task A_name_that_leads_into_the_operators_own_network_is_refused()
    {
        await using var careful = await docker.ExecutorAsync(Terms(PublicAddress.IsPublic));

        var ran = await RunAsync($"busybox wget -q -O - http://{Good}/ || echo refused", Good, careful);

        Assert.Equal("refused\n", ran.Files["stdout"]);
        Assert.Contains("refused: its addresses are not public", ran.Files["stderr"], StringComparison.Ordinal);
        Assert.Equal(0, _server.Visits);
    }

    [Fact]
    public async Task There_is_no_way_past_the_proxy()
    {
        var here = (await Dns.GetHostAddressesAsync(Dns.GetHostName())).FirstOrDefault(a => a.AddressFamily == global::System.Net.Sockets.AddressFamily.InterNetwork);

        var ran = await RunAsync(
            $"busybox ls /sys/class/net; unset http_proxy HTTP_PROXY; for to in 127.0.0.1 {here} 192.0.2.1; do echo x | busybox nc -w 2 $to {_server.Port} && echo reached $to; done; true",
            Good);

        Assert.Equal("lo\n", ran.Files["stdout"]);
        Assert.Equal(0, _server.Visits);
    }

    [Fact]
    public async Task Who_asked_for_no_network_has_no_proxy()
        => Assert.Equal(
            "none\n",
            (await DockerFixture.RunAsync(_executor, DockerFixture.Shell("echo x | busybox nc -w 2 127.0.0.1 3128 || echo none$http_proxy"), docker.Spec())).Files["stdout"]);

    [Fact]
    public async Task What_the_operator_does_not_agree_to_is_refused_before_anything_runs()
    {
        var spec = docker.Spec() with { Network = new NetworkRequest(["elsewhere.example:443"]) };

        Assert.Equal(FaultCodes.NetworkRefused, (await _executor.PrepareAsync(spec, CancellationToken.None)).Fault?.Code);
        Assert.Equal(FaultCodes.NetworkRefused, (await docker.Executor.PrepareAsync(spec, CancellationToken.None)).Fault?.Code);
    }

    [Fact]
    public async Task A_program_that_cannot_start_says_so_as_ever()
    {
        var program = DockerFixture.Shell("");
        program.Command.Clear();
        program.Command.Add("no-such-program");

        var ran = await DockerFixture.RunAsync(_executor, program, docker.Spec() with { Network = new NetworkRequest([Good]) });

        Assert.Equal(FaultCodes.ProgramFailed, ran.Code);
        Assert.Contains("does not exist in the image", ran.Result.Fault!.Message);
    }

    private Task<Ran> RunAsync(string script, string allow, DockerExecutor? executor = null)
        => DockerFixture.RunAsync(executor ?? _executor, DockerFixture.Shell(script), docker.Spec() with { Network = new NetworkRequest([allow]) });

    private DockerTerms Terms(Func<IPAddress, bool> mayReach) => new()
    {
        Egress = new EgressTerms
        {
            Agreed = ["good.example", "bad.example"],
            LogDirectory = _state.FullName,
            Resolve = (name, _) => Task.FromResult<IPAddress[]>([IPAddress.TryParse(name, out var literal) ? literal : IPAddress.Loopback]),
            MayReach = mayReach,
        },
    };
}
