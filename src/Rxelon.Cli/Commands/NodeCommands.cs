using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon node …</c></summary>
internal static class NodeCommands
{
    internal static Command Build(CliHost host) => new("node", "The nodes of the network.") { List(host), Show(host) };

    private static Command List(CliHost host)
    {
        var command = new Command("list", "Nodes, what they run and what they ask.");
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var nodes = await login.Hub.NodesAsync(ct).ConfigureAwait(false);
                if (nodes.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                    session.Console.Document(nodes.Value);
                else
                {
                    session.Console.Table(
                        ["NODE", "NAME", "STATE", "REGION", "RUNS", "FREE CORES", "FREE MEMORY", "ASK/CORE-HOUR"],
                        nodes.Value.Select(n => (string[])
                        [
                            n.Node.ToString(), n.Name, n.Online ? n.Standing : "offline", n.Region, string.Join(",", n.Kinds),
                            $"{n.Free.CpuMillis / 1000m:0.###}/{n.Total.CpuMillis / 1000m:0.###}", Words.Size(n.Free.Memory), n.AskPerCoreHour.ToString(),
                        ]));
                }

                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Show(CliHost host)
    {
        var node = new Argument<NodeId>("node")
        {
            Description = "A node id (n_…).",
            CustomParser = result =>
            {
                if (NodeId.TryParse(result.Tokens[0].Value, out var id))
                    return id;
                result.AddError($"'{result.Tokens[0].Value}' is not a node id (n_ and 26 letters and digits).");
                return default;
            },
        };
        var command = new Command("show", "One node.") { node };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.NodeAsync(parsed.GetValue(node), ct).ConfigureAwait(false);
                if (answer.Fault is { } fault)
                    return session.Console.Fail(fault);
                var n = answer.Value;
                if (session.Console.Json)
                    session.Console.Document(n);
                else
                {
                    session.Console.Facts(
                        ("node", n.Node.ToString()), ("name", n.Name), ("operator", n.Operator.ToString()), ("standing", n.Standing),
                        ("online", n.Online ? "yes" : "no"), ("region", n.Region), ("runs", string.Join(", ", n.Kinds)),
                        ("cores", $"{n.Free.CpuMillis / 1000m:0.###} of {n.Total.CpuMillis / 1000m:0.###} free"),
                        ("memory", $"{Words.Size(n.Free.Memory)} of {Words.Size(n.Total.Memory)} free"), ("ask", $"{Words.Money(n.AskPerCoreHour)} per core-hour"),
                        ("parts", $"{n.Accepted} accepted, {n.Failed} failed, {n.Lost} lost"),
                        ("attestation", $"none: {CustodyTerms.NoAttestation}"),
                        ("warnings", n.Warnings.Count > 0 ? string.Join("; ", n.Warnings) : null));
                }

                return ExitCodes.Ok;
            });
        });
        return command;
    }
}
