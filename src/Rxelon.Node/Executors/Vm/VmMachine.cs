using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Archives;

namespace Rxelon.Node.Executors.Vm;

/// <summary>One QEMU process with its folder. Disposing ends it, whatever it does, and removes the folder.</summary>
[SupportedOSPlatform("linux")]
internal sealed class VmMachine : IAsyncDisposable
{
    private const int MostSaid = 4096;
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StatusPatience = TimeSpan.FromMilliseconds(500);

    private readonly Process _process;
    private readonly string _folder;
    private readonly string _record;
    private readonly TimeProvider _time;
    private readonly TailBuffer _said = new(MostSaid);
    private readonly Task _listening;
    private QmpClient? _control;

    /// <param name="process">Just started.</param>
    /// <param name="folder">Where its sockets appear.</param>
    /// <param name="record">Where to write down which process it is.</param>
    /// <param name="marker">The word in its arguments.</param>
    /// <param name="time">The clock.</param>
    internal VmMachine(Process process, string folder, string record, string marker, TimeProvider time)
    {
        _process = process;
        _folder = folder;
        _record = record;
        _time = time;
        Use = new ProcessUse(process.Id);
        VmRecord.Of(process.Id, marker)?.Write(record);
        Exited = process.WaitForExitAsync(CancellationToken.None);
        _listening = Task.WhenAll(ListenAsync(process.StandardError.BaseStream), ListenAsync(process.StandardOutput.BaseStream));
    }

    internal ProcessUse Use { get; }

    internal int Pid => _process.Id;

    /// <summary>Completes when QEMU has ended.</summary>
    internal Task Exited { get; }

    /// <summary>The end of what QEMU itself said: about the machine, nothing of the guest's.</summary>
    internal string Said => _said.ToText().Trim();

    /// <summary>Connects to all ports and to the control socket. <see cref="IOException"/> when QEMU ends first.</summary>
    internal async Task<IReadOnlyDictionary<string, NetworkStream>> ConnectAsync(CancellationToken cancel)
    {
        _control = await QmpClient.OpenAsync(await ConnectAsync("qmp", cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        Dictionary<string, NetworkStream> ports = [];
        foreach (var port in QemuArguments.Ports)
            ports[port] = new NetworkStream(await ConnectAsync(port, cancel).ConfigureAwait(false), ownsSocket: true);
        return ports;
    }

    /// <summary>Lets the guest run.</summary>
    internal Task ContinueAsync(CancellationToken cancel) => _control!.ExecuteAsync("cont", cancel);

    /// <summary>What QEMU says about the machine; null when it does not answer.</summary>
    internal async Task<string?> StatusAsync()
    {
        using var patience = new CancellationTokenSource(StatusPatience, _time);
        try
        {
            return _control is null ? null : await _control.StatusAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Kills QEMU and waits for its end. What it wrote to its sockets can still be read.</summary>
    internal async Task EndAsync()
    {
        Use.Sample();
        if (!Exited.IsCompleted)
            _process.Kill();
        await Exited.ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        if (_control is not null)
            await _control.DisposeAsync().ConfigureAwait(false);
        _process.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        File.Delete(_record);
    }

    private async Task<Socket> ConnectAsync(string name, CancellationToken cancel)
    {
        var end = new UnixDomainSocketEndPoint(Path.Combine(_folder, name));
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(end, cancel).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException e) when (!Exited.IsCompleted && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused)
            {
                // Not there yet: bound, but not listened to, or not even bound.
                socket.Dispose();
                await Task.Delay(Retry, _time, cancel).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                throw new IOException($"QEMU's socket {name} cannot be reached: {e.Message}", e);
            }
        }
    }

    private async Task ListenAsync(Stream stream)
    {
        var buffer = new byte[MostSaid];
        int read;
        while ((read = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            lock (_said)
                _said.Write(buffer.AsSpan(0, read));
        }
    }
}
