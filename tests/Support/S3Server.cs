using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Rxelon.Testing;

/// <summary>
/// A real S3 server (s3rver, tests/interop/s3.mjs) as a process of its own over a temporary folder, with one bucket. Every signature is
/// checked, presigned ones too; it knows no checksums, as old and small servers do not.
/// </summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Bucket = "rxelon-test";

    /// <summary>The credentials that this server knows.</summary>
    public const string Key = "S3RVER";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rx-s3-");
    private readonly StringBuilder _log = new();
    private Process? _process;

    private S3Server()
    {
    }

    public int Port { get; private set; }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Requests that were answered, a line each.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Names of the objects there are.</summary>
    public IReadOnlyList<string> Objects
        => [.. Directory.EnumerateFiles(_folder.FullName, "*._S3rver_object", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Path.Combine(_folder.FullName, Bucket), f).Replace("._S3rver_object", "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public static async Task<S3Server> StartAsync()
    {
        var server = new S3Server();
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it on the same data and port.</summary>
    public async Task StartAgainAsync()
    {
        var interop = Interop();
        Assert.True(
            Directory.Exists(Path.Combine(interop, "node_modules", "s3rver")),
            "tests/interop has no s3rver: run ./rx test, which installs what its package-lock.json lists (npm ci).");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("node", [Path.Combine(interop, "s3.mjs"), _folder.FullName, Port.ToString(CultureInfo.InvariantCulture), Bucket])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var listening = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, e) =>
        {
            Keep(e.Data);
            if (e.Data is { } line && line.StartsWith("listening ", StringComparison.Ordinal))
                listening.TrySetResult(int.Parse(line["listening ".Length..], CultureInfo.InvariantCulture));
        };
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(listening.Task, ended, Task.Delay(Patience)) != listening.Task)
            throw new InvalidOperationException($"The S3 server did not start:\n{Log}");
        Port = await listening.Task;
    }

    /// <summary>As when its machine loses power: what it holds stays.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private static string Interop()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Rxelon.sln")))
            at = at.Parent;
        return Path.Combine(at?.FullName ?? throw new DirectoryNotFoundException("The tests run outside the repository."), "tests", "interop");
    }

    private void Keep(string? line)
    {
        lock (_log)
            _log.AppendLine(line);
    }
}
