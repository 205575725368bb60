using System.Globalization;
using Rxelon.Domain.Nodes;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Integrity;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Hub.Admin.Commands;

/// <summary>What <c>nodes show</c> says about a node's integrity.</summary>
internal static class IntegrityLines
{
    internal static void Write(NodeView node, IAdminOutput output)
    {
        if (node.Alarm is { } alarm)
        {
            output.Line($"ISOLATED    since {alarm.At:u}: {alarm.Code}: {alarm.Message}");
            output.Line($"            {alarm.Subject}: expected {Hex(alarm.Expected)}, seen {Hex(alarm.Seen)}");
        }

        if (node.Baseline is not { } baseline)
        {
            output.Line("measured    never");
            return;
        }

        output.Line($"measured    {baseline.At:u}, by {baseline.By}, client {baseline.ClientVersion}");
        foreach (var group in baseline.Groups)
            output.Line($"            {group.Group,-14} {Hex(group.Digest)}");
        if (node.Log is { } log)
            output.Line($"log         {log.Count} records, head {Hex(log.Hash)}");
    }

    internal static string Hex(byte[] digest) => digest.Length == 0 ? "nothing" : Convert.ToHexStringLower(digest);

    /// <summary>Sends a command to the node's record and says how it went.</summary>
    internal static async Task<int> DecideAsync(
        AdminContext context, AdminArguments arguments, IAdminOutput output, Func<NodeId, INodeCommand> command, string done, CancellationToken cancel)
    {
        if (!NodeId.TryParse(arguments.Need("node"), out var node))
        {
            output.Line($"'{arguments.Need("node")}' is not a node id; 'nodes list' shows them.");
            return 1;
        }

        var reply = (NodeReply)await context.AskAsync<NodeRegion>(command(node), cancel);
        output.Line(reply is NodeRefused refused ? $"{refused.Fault.Code}: {refused.Fault.Message}" : $"{node} {done}");
        return reply is NodeRefused ? 1 : 0;
    }
}

/// <summary><c>nodes clear-alarm</c>: an isolated node may work again.</summary>
internal sealed class NodesClearAlarm(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "clear-alarm";

    public string Description => "Let an isolated node work again; it is compared with what it was before the alarm";

    public IReadOnlyList<AdminSwitch> Switches => [new("node", "the node's id", Required: true), new("reason", "kept in the journal", Required: true)];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel) => IntegrityLines.DecideAsync(
        context, arguments, output, node => new ClearNodeAlarm(node, arguments.By, arguments.Need("reason"), context.Now), "is no longer isolated", cancel);
}

/// <summary><c>nodes rebaseline</c>: what raised the alarm is right from now on.</summary>
internal sealed class NodesRebaseline(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "rebaseline";

    public string Description => "Approve the files and configuration that raised a node's alarm; the alarm is over with it";

    public IReadOnlyList<AdminSwitch> Switches => [new("node", "the node's id", Required: true)];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel) => IntegrityLines.DecideAsync(
        context, arguments, output, node => new RebaselineNode(node, arguments.By, context.Now), "is compared with what was seen, from now on", cancel);
}

/// <summary><c>nodes oplog</c>: what a node did, as it reported it.</summary>
internal sealed class NodesOplog(IOperationRecords operations) : IAdminCommand
{
    private const int MostLines = 10_000;

    public string Module => "nodes";

    public string Verb => "oplog";

    public string Description => "The last lines of a node's operation log, as the hub acknowledged them";

    public IReadOnlyList<AdminSwitch> Switches => [new("node", "the node's id", Required: true), new("last", "how many lines, 50 when not given")];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var last = 50;
        if (!NodeId.TryParse(arguments.Need("node"), out var node)
            || (arguments.Get("last") is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out last) || last is < 1 or > MostLines)))
        {
            output.Line($"-node takes a node's id ('nodes list' shows them), -last a number from 1 to {MostLines}.");
            return Task.FromResult(1);
        }

        foreach (var (number, bytes) in operations.Last(node, last))
        {
            output.Line(OperationRecord.Decode(bytes) is { } r
                ? $"{number,8}  {DateTimeOffset.FromUnixTimeMilliseconds(r.UnixMillis):u}  {r.Kind,-20}  {r.Subject}  {r.Note}".TrimEnd()
                : $"{number,8}  a record of a kind that this version cannot read");
        }

        return Task.FromResult(0);
    }
}

/// <summary><c>integrity allow</c>: a client that nodes may change to.</summary>
internal sealed class IntegrityAllow(AdminContext context, IKnownClients clients) : IAdminCommand
{
    public string Module => "integrity";

    public string Verb => "allow";

    public string Description => "Allow nodes to change to the client with this digest (rxelon-node measure shows it)";

    public IReadOnlyList<AdminSwitch> Switches => [new("digest", "of the application, 64 hex digits", Required: true), new("note", "such as the version")];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var digest = arguments.Need("digest");
        if (digest.Length != 64 || !digest.All(char.IsAsciiHexDigit))
        {
            output.Line($"'{digest}' is not a digest of 64 hex digits.");
            return Task.FromResult(1);
        }

        var isNew = clients.Allow(Convert.FromHexString(digest), arguments.By, arguments.Get("note") ?? "", context.Now);
        output.Line(isNew ? $"{digest} is allowed" : $"{digest} was allowed before");
        return Task.FromResult(0);
    }
}

/// <summary><c>integrity list</c>: the clients that are allowed.</summary>
internal sealed class IntegrityList(IKnownClients clients) : IAdminCommand
{
    public string Module => "integrity";

    public string Verb => "list";

    public string Description => "Clients that nodes may change to without an alarm";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        foreach (var line in clients.Lines)
            output.Line(line);
        return Task.FromResult(0);
    }
}
