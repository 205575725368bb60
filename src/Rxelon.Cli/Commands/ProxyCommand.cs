using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using Rxelon.Cli.Serving;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Profiles;
using Rxelon.Client.Specs;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon proxy</c>: existing AI clients ask the network's models as if they were OpenAI's.</summary>
internal static class ProxyCommand
{
    private const int StandardSeconds = 300;
    private const string KeyFile = "proxy.key";

    internal static Command Build(CliHost host)
    {
        var listen = new Option<string>("--listen") { Description = "An address of this machine only, such as 127.0.0.1:4141; port 0 for any.", DefaultValueFactory = _ => "127.0.0.1:4141" };
        var seconds = PlanOptions.Quantity<long>("--time", "Time per answer, such as 5m. Default 5m.", Quantities.TrySeconds);
        var tier = new Option<Tier>("--tier") { Description = "economy, standard or priority.", DefaultValueFactory = _ => Tier.Standard };
        var max = new Option<Tokens>("--max") { Description = "The most that one answer may cost, in tokens; otherwise the quote.", CustomParser = PlanOptions.ParseTokens };
        var command = new Command("proxy", "An OpenAI-compatible endpoint on this machine: each request becomes an encrypted task.") { listen, seconds, tier, max };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            if (Parse(parsed.GetValue(listen)!) is not { } end)
                return Task.FromResult(session.Console.Fail(new Fault(FaultCodes.Malformed, "--listen must be an address of this machine only, such as 127.0.0.1:4141: prompts pass there unencrypted.", Culprit.Input)));
            return session.WithHubAsync(async login =>
            {
                var time = parsed.GetValue(seconds) is > 0 and var given ? (int)Math.Min(int.MaxValue, given) : StandardSeconds;
                var calls = new ModelCalls(session, login, new CallTerms(time, parsed.GetValue(max), parsed.GetValue(tier)));
                var file = Path.Combine(session.Profiles.Directory, KeyFile);
                var server = await ProxyServer.StartAsync(new ListenAddress(end, null), KeyIn(file), calls, host.Time, ct).ConfigureAwait(false);
                await using (server.ConfigureAwait(false))
                {
                    session.Console.Remark($"OPENAI_BASE_URL={server.Url}/v1  OPENAI_API_KEY=$(cat {file})");
                    WitnessCommands.Ready(session, server.Url);
                    await server.UntilStoppedAsync(ct).ConfigureAwait(false);
                }

                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static IPEndPoint? Parse(string address)
    {
        var text = address.StartsWith("http://", StringComparison.Ordinal) ? address["http://".Length..].TrimEnd('/') : address;
        if (text.StartsWith("localhost:", StringComparison.Ordinal))
            text = "127.0.0.1" + text["localhost".Length..];
        return IPEndPoint.TryParse(text, out var end) && IPAddress.IsLoopback(end.Address) && text.LastIndexOf(':') > text.LastIndexOf(']') && text.Contains(':', StringComparison.Ordinal) ? end : null;
    }

    // Made once, so that clients need to be told once.
    private static string KeyIn(string file)
    {
        if (!File.Exists(file))
            ProfileStore.WritePrivate(file, System.Text.Encoding.ASCII.GetBytes("rxp_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))));
        return File.ReadAllText(file).Trim();
    }
}
