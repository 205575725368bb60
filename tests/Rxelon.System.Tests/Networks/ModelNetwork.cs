using Rxelon.ExoDouble;

namespace Rxelon.System.Tests.Networks;

/// <summary>A network whose two nodes each offer the same cluster, which is a double; everything else is real.</summary>
public sealed class ModelNetwork : RunningNetwork
{
    internal ExoServer Exo { get; private set; } = null!;

    protected override IReadOnlyList<string> NodeArguments => ["--executors", "wasm", "--exo", Exo.Url.ToString(), "--slots", "2", "--allow-swap"];

    public override async Task InitializeAsync()
    {
        Exo = await ExoServer.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Exo.DisposeAsync();
    }
}
