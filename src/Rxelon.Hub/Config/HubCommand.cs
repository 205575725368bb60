using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Console;

namespace Rxelon.Hub.Config;

/// <summary>The command line of <c>rxelon-hub</c>. Exit codes: 0 stopped as asked, 1 not understood, 78 configuration or state unusable.</summary>
internal static class HubCommand
{
    private const int Unusable = 78; // EX_CONFIG of sysexits.h
    private const string MasterKeyVariable = "RXELON_VAULT_KEY";

    /// <summary>RXELON_VAULT_KEY, if set.</summary>
    internal static string? MasterKeyFromEnvironment => Environment.GetEnvironmentVariable(MasterKeyVariable);

    internal static RootCommand Root() => new("The Central Hub System's server.") { Run(), LedgerCommand.Build() };

    /// <summary>Runs a command; what cannot be used becomes a sentence and exit code 78.</summary>
    internal static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or SqliteException)
        {
            return await RefuseAsync(e.Message); // ports in use, above all; missing files, locked or damaged state
        }
    }

    private static Command Run()
    {
        var data = Text("--data", "Directory for journal, blobs, keys and the admin's socket; made when missing.");
        var http = Text("--http", "URL that the HTTP API listens on, such as http://127.0.0.1:7600; port 0 picks one.");
        var edge = Text("--edge", "HOST:PORT to listen on for nodes; port 0 picks one.");
        var edgePublic = Text("--public-edge", "Name or address that nodes dial, when it is not --edge's host.");
        var publicUrl = Text("--public-http", "Base URL under which nodes and clients reach the HTTP API, when it is not --http.");
        var certificate = Text("--certificate", "PEM certificate for https, or \"ca\" for one by this network's own CA.");
        var certificateKey = Text("--certificate-key", "PEM key of --certificate.");
        var network = Text("--network", "The network's name.");
        var approve = new Option<bool>("--approve-nodes") { Description = "New nodes wait for an admin's approval." };
        var mock = new Option<bool>("--allow-mock") { Description = "Accept mock tasks (tests and benches)." };
        var config = Text("--config", "A JSON file with a section \"Hub\".");
        var set = new Option<string[]>("--set") { Description = "KEY=VALUE of the section \"Hub\", such as QuotaBytes=1000000.", DefaultValueFactory = _ => [] };
        var command = new Command("run", "Runs a hub until it is told to stop.")
        {
            data, http, edge, edgePublic, publicUrl, certificate, certificateKey, network, approve, mock, config, set,
        };
        command.SetAction((parsed, cancel) =>
        {
            var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var pair in parsed.GetValue(set) ?? [])
            {
                if (pair.Split('=', 2) is not [var key, var value])
                    return RefuseAsync($"--set takes KEY=VALUE, not '{pair}'.");
                given[key] = value;
            }

            if (parsed.GetValue(edge) is { } bind && !TakeEdge(bind, given))
                return RefuseAsync($"--edge takes HOST:PORT, not '{bind}'.");
            Take(given, parsed, data, nameof(HubOptions.DataDirectory));
            Take(given, parsed, http, nameof(HubOptions.HttpUrl));
            Take(given, parsed, edgePublic, nameof(HubOptions.EdgePublicHost));
            Take(given, parsed, publicUrl, nameof(HubOptions.PublicHttpUrl));
            Take(given, parsed, certificate, nameof(HubOptions.HttpCertificate));
            Take(given, parsed, certificateKey, nameof(HubOptions.HttpCertificateKey));
            Take(given, parsed, network, nameof(HubOptions.Network));
            if (parsed.GetValue(approve))
                given[nameof(HubOptions.NodesNeedApproval)] = "true";
            if (parsed.GetValue(mock))
                given[nameof(HubOptions.AllowMock)] = "true";
            return RunAsync(parsed.GetValue(config), given, cancel);
        });
        return command;
    }

    private static Task<int> RunAsync(string? file, Dictionary<string, string?> given, CancellationToken cancel) => GuardAsync(async () =>
    {
        var (options, findings) = HubSettings.Read(file, given);
        if (findings.Count > 0)
            return await RefuseAsync(string.Join(Environment.NewLine, findings));
        await using var hub = HubHost.Build(options, MasterKeyFromEnvironment, Logging);
        await ServeAsync(hub, options, cancel);
        return 0;
    });

    private static async Task ServeAsync(HubHost hub, HubOptions options, CancellationToken cancel)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stopping.Cancel();
        });
        await hub.StartAsync(stopping.Token);
        Console.WriteLine($"http   {hub.Addresses.HttpUrl}");
        Console.WriteLine($"edge   {options.EdgeBindHost}:{hub.Addresses.EdgePort}");
        Console.WriteLine($"admin  {Path.Combine(options.DataDirectory, Admin.AdminHosting.SocketName)}");
        Console.WriteLine($"ca     {hub.Fingerprint}");
        await hub.WaitForShutdownAsync(stopping.Token);
        await hub.StopAsync();
    }

    private static void Logging(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft.Hosting", LogLevel.Warning);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        // Standard output is for the lines that scripts read.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static async Task<int> RefuseAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return Unusable;
    }

    private static bool TakeEdge(string text, Dictionary<string, string?> given)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1)
            return false;
        var host = text[..colon].Trim('[', ']');
        given[nameof(HubOptions.EdgeBindHost)] = host == "localhost" ? "127.0.0.1" : host;
        given[nameof(HubOptions.EdgePublicHost)] = host;
        given[nameof(HubOptions.EdgePort)] = text[(colon + 1)..];
        return true;
    }

    private static void Take(Dictionary<string, string?> given, ParseResult parsed, Option<string?> option, string key)
    {
        if (parsed.GetValue(option) is { } value)
            given[key] = value;
    }

    private static Option<string?> Text(string name, string description) => new(name) { Description = description };
}
