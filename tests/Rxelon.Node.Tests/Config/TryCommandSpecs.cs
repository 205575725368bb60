using System.Diagnostics;
using Rxelon.Node.Tests.Wasm;

namespace Rxelon.Node.Tests.Config;

/// <summary>The program as operators and developers start it.</summary>
public sealed class TryCommandSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rxelon-try-spec-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Try_runs_a_module_without_a_hub()
    {
        var module = Path.Combine(_directory, "echo.wasm");
        var stdin = Path.Combine(_directory, "in.txt");
        File.WriteAllBytes(module, Modules.Echo().Module.ToByteArray());
        File.WriteAllText(stdin, "hello");

        var (code, output, _) = await RunAsync("try", "wasm", module, "--stdin", stdin);

        Assert.Equal(0, code);
        Assert.Equal("hello", output);
    }

    [Fact]
    public async Task Try_says_why_a_program_failed()
    {
        var module = Path.Combine(_directory, "trap.wasm");
        File.WriteAllBytes(module, Modules.Start("unreachable").Module.ToByteArray());

        var (code, _, errors) = await RunAsync("try", "wasm", module);

        Assert.Equal(1, code);
        Assert.Contains("program-trapped", errors);
    }

    [Fact]
    public async Task Run_without_a_membership_says_what_to_do()
    {
        var (code, _, errors) = await RunAsync("run", "--state", _directory, "--allow-swap");

        Assert.Equal(2, code);
        Assert.Contains("rxelon-node join", errors);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "rxelon-node.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output, await errors);
    }
}
