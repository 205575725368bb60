using System.CommandLine;
using System.Globalization;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Api;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon models</c></summary>
internal static class ModelsCommand
{
    internal static Command Build(CliHost host)
    {
        var command = new Command("models", "Models that can be asked now: nodes, tokens per second, price.");
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var models = await login.Hub.ModelsAsync(ct).ConfigureAwait(false);
                if (models.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                    session.Console.Document(models.Value);
                else if (models.Value.Length == 0)
                    session.Console.Remark("No node offers a model just now.");
                else
                    session.Console.Table(["MODEL", "NODES", "LOADED", "DEVICES", "TOKENS/S", "ASK/CORE-HOUR", "ABOUT/1M TOKENS"], models.Value.Select(Row));
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static IReadOnlyList<string> Row(ModelInfo model)
    {
        var asks = model.Nodes.Select(n => n.AskPerCoreHour).Order().ToList();
        var speed = model.Nodes.Max(n => n.TokensPerSecond);
        var price = model.Nodes.Where(n => n.PerMillionTokens is not null).Select(n => n.PerMillionTokens).Order().FirstOrDefault();
        return
        [
            model.Model, Words.Number(model.Nodes.Count), Words.Number(model.Nodes.Count(n => n.Loaded)), Words.Number(model.Nodes.Sum(n => n.Devices)),
            speed?.ToString("0.#", CultureInfo.InvariantCulture) ?? "-", asks[0] == asks[^1] ? asks[0].ToString() : $"{asks[0]} to {asks[^1]}",
            price?.ToString() ?? "-",
        ];
    }
}
