using System.Text;
using Rxelon.Drills;

namespace Rxelon.System.Tests.Ledger;

/// <summary><c>rxelon</c> as somebody outside runs it: a witness or a mirror that serves.</summary>
internal sealed class OutsideProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RxProcess _process;

    private OutsideProcess(RxProcess process, Uri url) => (_process, Url) = (process, url);

    internal Uri Url { get; }

    internal string Output => _process.Output;

    internal static async Task<OutsideProcess> StartAsync(string home, params string[] arguments)
    {
        var process = RxProcess.Start("Rxelon.Cli", "rxelon.dll", arguments, Home(home));
        try
        {
            var line = await Eventually.SeeAsync("an address", Patience, () => Task.FromResult(
                process.HasExited ? throw new InvalidDataException(process.Tail)
                : process.Output.Split('\n') is var lines && lines.Contains("ready") ? lines.FirstOrDefault(l => l.StartsWith("http ", StringComparison.Ordinal)) : null));
            return new OutsideProcess(process, new Uri(line["http ".Length..]));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    internal static Task<RxRun> RunAsync(string home, params string[] arguments)
        => RxProcess.RunAsync("Rxelon.Cli", "rxelon.dll", arguments, Patience, Home(home));

    internal Task KillAsync() => _process.KillAsync();

    internal Task<bool> StopAsync() => _process.StopAsync(Patience);

    internal Task<int> ExitAsync() => _process.WaitForExitAsync(Patience);

    internal static StringContent Body(string text) => new(text, Encoding.UTF8, "text/plain");

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static Dictionary<string, string> Home(string home) => new() { ["RXELON_HOME"] = home };
}
