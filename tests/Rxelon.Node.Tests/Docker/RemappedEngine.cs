namespace Rxelon.Node.Tests.Docker;

/// <summary>A container engine that maps users (<c>userns-remap</c>).</summary>
public sealed class RemappedEngine : IAsyncLifetime
{
    private PrivateEngine? _engine;

    internal Uri Endpoint => _engine!.Endpoint;

    public async Task InitializeAsync() => _engine = await PrivateEngine.StartAsync("--userns-remap=default");

    public async Task DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
    }
}
