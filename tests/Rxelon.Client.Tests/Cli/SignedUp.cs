using Rxelon.Client.Tests.Fakes;

namespace Rxelon.Client.Tests.Cli;

/// <summary>A command line with an account at a fake hub, and a program in its folder.</summary>
public abstract class SignedUp : IAsyncLifetime
{
    internal TempFolder Folder { get; } = new();

    internal FakeHub Hub { get; private set; } = null!;

    internal CliRun Cli { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Hub = await FakeHub.StartAsync();
        Cli = new CliRun(Folder);
        await Cli.SignUpAsync(Hub);
        Folder.Write("program.wasm", "(module)");
    }

    public virtual async Task DisposeAsync()
    {
        await Hub.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>Runs the program; gives the exit code.</summary>
    internal Task<int> Run(params string[] more) => Cli.RunAsync(["run", "wasm", "program.wasm", .. more]);

    /// <summary>The same; fails the test when the command fails.</summary>
    internal async Task Succeed(params string[] more)
    {
        var code = await Run(more);
        Assert.True(code == 0, $"exit code {code}: {Cli.Error}");
    }
}
