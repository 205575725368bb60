using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Rxelon.Drills;

/// <summary>What a command that ended said.</summary>
public sealed record RxRun(int Code, string Out, string Error)
{
    /// <summary>Everything, for messages.</summary>
    public override string ToString() => $"exit {Code}\n{Out}\n{Error}";
}

/// <summary>One real process of the product, its output kept, always gone after <see cref="DisposeAsync"/>.</summary>
public sealed class RxProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private RxProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => string.Join('\n', _output);

    /// <summary>The last lines of it.</summary>
    public string Tail => string.Join('\n', _output.TakeLast(40).Select(l => l.Length > 500 ? l[..500] : l));

    /// <summary>Starts <c>dotnet {assembly}</c> as built beside this test, in the same configuration.</summary>
    public static RxProcess Start(string project, string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
        => StartFile(Built(project, assembly), arguments, environment);

    /// <summary>Starts <c>dotnet {file}</c>, such as a copy of what was built.</summary>
    public static RxProcess StartFile(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Process { StartInfo = Describe(file, arguments, environment) };
        var running = new RxProcess(process);
        process.OutputDataReceived += (_, e) => running.Keep(e.Data);
        process.ErrorDataReceived += (_, e) => running.Keep(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Runs a command to its end; killed, and a <see cref="TimeoutException"/>, when it takes longer than the deadline.</summary>
    public static async Task<RxRun> RunAsync(
        string project, string assembly, IEnumerable<string> arguments, TimeSpan deadline,
        IReadOnlyDictionary<string, string>? environment = null, byte[]? stdin = null, string? directory = null)
    {
        var start = Describe(Built(project, assembly), arguments, environment);
        start.RedirectStandardInput = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        start.WorkingDirectory = directory ?? "";
        using var process = new Process { StartInfo = start };
        process.Start();
        using var cancel = new CancellationTokenSource(deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel.Token);
            var error = process.StandardError.ReadToEndAsync(cancel.Token);
            await using (var input = process.StandardInput.BaseStream)
                await input.WriteAsync(stdin ?? [], cancel.Token);
            await process.WaitForExitAsync(cancel.Token);
            return new RxRun(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{assembly} {string.Join(' ', arguments)} did not end within {deadline}.");
        }
    }

    /// <summary>As <c>kill -9</c>: no handler runs.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end (SIGTERM) and kills it when it has not by the deadline; true when it went by itself.</summary>
    public async Task<bool> StopAsync(TimeSpan deadline)
    {
        if (_process.HasExited)
            return true;
        // The shell's own: the program of that name is not on every small system.
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]))
            await kill.WaitForExitAsync();
        try
        {
            await WaitForExitAsync(deadline);
            return true;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    public async Task<int> WaitForExitAsync(TimeSpan deadline)
    {
        using var cancel = new CancellationTokenSource(deadline);
        await _process.WaitForExitAsync(cancel.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo Describe(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(file);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            start.Environment[key] = value;
        return start;
    }

    /// <summary>Where that assembly was built, in the same configuration as this test.</summary>
    public static string Built(string project, string assembly)
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var path = Path.Combine(Repository.Root, "src", project, "bin", configuration, "net10.0", assembly);
        return File.Exists(path) ? path : throw new FileNotFoundException($"Build {project} ({configuration}) first.", path);
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _output.Enqueue(line);
    }
}
