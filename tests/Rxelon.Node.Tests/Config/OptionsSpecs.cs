using Akka.Actor;
using Akka.Configuration;
using Rxelon.Node.Commands;
using Rxelon.Node.Config;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Config;

public sealed class OptionsSpecs
{
    private static (NodeOptions? Options, string Errors) Read(params string[] arguments)
    {
        var options = new RunOptions();
        var command = new System.CommandLine.Command("run");
        options.AddTo(command);
        var errors = new StringWriter();
        return (options.Read(command.Parse(arguments), errors), errors.ToString());
    }

    [Fact]
    public void What_is_said_is_taken()
    {
        var options = Read(
            "--state", "/x", "--slots", "3", "--cpus", "1.5", "--memory", "2GiB", "--ask", "0.5", "--region", "eu", "--label", "gpu=no", "--label", "a=b=c",
            "--docker", "unix:///x/docker.sock", "--allow-swap", "--mock", "--executors", "wasm").Options!;

        Assert.Equal("/x", options.StateDirectory);
        Assert.Equal(new Tokens(500_000), options.Ask);
        Assert.Equal("b=c", options.Labels["a"]);
        Assert.Equal([WorkloadKind.Wasm, WorkloadKind.Mock], options.Executors.Order());
        Assert.True(options.AllowSwap);
        var terms = options.Terms();
        Assert.Equal(3, terms.Slots);
        Assert.Equal(1500, terms.Total.CpuMillis);
        Assert.Equal(2L << 30, terms.Total.Memory);
    }

    [Fact]
    public void An_EXO_cluster_is_offered_besides_or_alone()
    {
        var options = Read("--state", "/x", "--executors", "", "--exo", "http://10.0.0.2:52415", "--exo-stall", "9").Options!;

        Assert.Equal([WorkloadKind.Model], options.Executors);
        Assert.Equal((new Uri("http://10.0.0.2:52415"), TimeSpan.FromSeconds(9)), (options.Exo, options.ExoStall));
        Assert.Null(Read("--state", "/x").Options!.Exo);
    }

    [Fact]
    public void What_is_not_said_follows_from_the_machine()
    {
        var terms = Read("--state", "/x").Options!.Terms();

        Assert.Equal(Environment.ProcessorCount, terms.Slots);
        Assert.Equal(Environment.ProcessorCount * 1000, terms.Total.CpuMillis);
        Assert.True(terms.Total.Memory > 0);
        Assert.True(Resources.Default.FitsIn(terms.Total));
    }

    [Theory]
    [InlineData("--slots", "0")]
    [InlineData("--memory", "lots")]
    [InlineData("--memory", "1MiB")]
    [InlineData("--ask", "-1")]
    [InlineData("--ask", "0")]
    [InlineData("--region", "eu west")]
    [InlineData("--label", "novalue")]
    [InlineData("--docker", "tcp://elsewhere:2375")]
    [InlineData("--executors", "jail")]
    [InlineData("--exo", "somewhere")]
    [InlineData("--exo", "ftp://10.0.0.2/")]
    [InlineData("--exo-stall", "0")]
    [InlineData("--image-registry", "https://registry.example")]
    [InlineData("--image-registry", "registry.example/Team")]
    [InlineData("--preload", "busybox:latest")]
    [InlineData("--preload", "sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("--image-budget", "some")]
    [InlineData("--allow-network", "https://example.org")]
    [InlineData("--allow-network", "*")]
    [InlineData("--executors", "")]
    public void What_is_wrong_is_named(string option, string value)
    {
        var (options, errors) = Read("--state", "/x", option, value);

        Assert.Null(options);
        Assert.Contains(option, errors);
    }

    /// <summary>A key that Akka does not know would be ignored in silence.</summary>
    [Fact]
    public void Every_key_of_the_configuration_is_one_of_akkas()
    {
        var ours = ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "node.hocon")));
        using var system = ActorSystem.Create("reference");
        var known = system.Settings.Config;

        var keys = ours.AsEnumerable().SelectMany(e => Leaves(e.Key, e.Value)).ToList();
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.True(known.HasPath(key), key));
    }

    private static IEnumerable<string> Leaves(string path, Akka.Configuration.Hocon.HoconValue value)
        => value.IsObject() ? value.GetObject().Items.SelectMany(i => Leaves($"{path}.{i.Key}", i.Value)) : [path];
}
