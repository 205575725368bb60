using Rxelon.Node.Executors.Egress;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// The way out of one container: it has no network but its own loopback, and there the node's proxy listens. The program waits at
/// a gate until it does.
/// </summary>
internal sealed class SandboxNetwork : IAsyncDisposable
{
    private const int Backlog = 64;
    private readonly DockerExecutor _executor;
    private readonly NetworkRequest _destinations;
    private readonly string _attempt;
    private readonly string _gate;
    private readonly Action<EgressRecord> _done;
    private EgressProxy? _proxy;
    private IDisposable? _opened;

    internal SandboxNetwork(DockerExecutor executor, NetworkRequest destinations, string attempt, string gate, Action<EgressRecord> done)
    {
        (_executor, _destinations, _attempt, _gate, _done) = (executor, destinations, attempt, gate, done);
        if (OperatingSystem.IsLinux())
            Posix.MakePipe(gate);
    }

    /// <summary>The container runs and waits: listens on its loopback, then opens the gate.</summary>
    internal async Task OpenAsync(string container)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        var process = (await _executor.Engine.Containers.InspectContainerAsync(container).ConfigureAwait(false)).State.Pid;
        try
        {
            if (process == 0)
                return;
            var listener = NetworkNamespace.Listen(process, EgressProxy.Port, Backlog);
            _proxy = new EgressProxy(listener, _destinations, _executor.Terms.Egress, Record);
        }
        catch (IOException)
        {
            // It ended before it came to the gate (no such command): how, the engine says.
        }
        finally
        {
            // For reading and writing, so that opening waits for nobody.
            _opened = File.OpenHandle(_gate, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync().ConfigureAwait(false);
        _opened?.Dispose();
    }

    private void Record(EgressRecord record)
    {
        _executor.EgressLog.Write(_attempt, record);
        _done(record);
    }
}
