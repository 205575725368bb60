using System.Diagnostics;

namespace Rxelon.Testing;

/// <summary>A container engine of one test, without a network: it may be mapped otherwise, killed and started again as that of the run may not.</summary>
internal sealed class PrivateEngine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rxelon-engine-");
    private readonly string[] _options;
    private Process? _process;

    private PrivateEngine(string[] options)
    {
        _options = options;
        // Mapped users must get through to the images.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
    }

    internal Uri Endpoint => new($"unix://{_folder.FullName}/docker.sock");

    internal static async Task<PrivateEngine> StartAsync(params string[] options)
    {
        var engine = new PrivateEngine(options);
        try
        {
            await engine.StartAgainAsync();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the images and containers that it had.</summary>
    internal async Task StartAgainAsync()
    {
        var folder = _folder.FullName;
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dockerd", [
                .. _options, "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/docker.pid", "-H", Endpoint.ToString(),
                "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            },
        };
        var (ready, said) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new Queue<string?>());
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, e) =>
        {
            said.Enqueue(e.Data);
            if (said.Count > 5)
                said.Dequeue();
            if (e.Data is null)
                ready.TrySetException(new InvalidOperationException($"The engine did not start: {string.Join('\n', said)}"));
            else if (e.Data.Contains("API listen on", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        process.Start();
        _process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    /// <summary>Ends it as its service would: its containers end as well.</summary>
    internal async Task StopAsync()
    {
        if (_process is not { HasExited: false })
            return;
        using (var stop = Process.Start("kill", [$"{_process.Id}"]))
            await stop.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }
}
