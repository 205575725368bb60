using Rxelon.Domain.Nodes;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>nodes list</c>: every enrolled node, and whether it is online.</summary>
internal sealed class NodesList(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "list";

    public string Description => "Enrolled nodes, their standing, and who is online";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var live = ((SessionList)await context.AskAsync<NodeRouterKey>(ListSessions.Instance, cancel)).Sessions.ToDictionary(s => s.Offer.Node);
        foreach (var node in context.Nodes.All())
        {
            var online = live.TryGetValue(node.Node, out var s) ? $"online, {s.Running} running, {s.Offer.SlotsFree} slots free" : "offline";
            var standing = node.Alarm is null ? node.Standing.ToString() : "Isolated";
            var why = (node.Alarm is null ? "" : $"  {node.Alarm}") + (node.Quarantine is { } quarantine ? $"  quarantined ({quarantine})" : "");
            output.Line($"{node.Node}  {standing,-8}  {node.Name,-16}  operator {node.Operator}  {online}{why}");
        }

        return 0;
    }
}

/// <summary><c>nodes show</c>: one node's record and present session.</summary>
internal sealed class NodesShow(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "show";

    public string Description => "One node: standing, record, and what its session offers";

    public IReadOnlyList<AdminSwitch> Switches => [new("node", "the node's id", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!NodeId.TryParse(arguments.Need("node"), out var id)
            || await context.AskAsync<NodeRegion>(new GetNode(id, context.Now), cancel) is not NodeView node)
        {
            output.Line($"There is no node '{arguments.Need("node")}'; 'nodes list' shows all.");
            return 1;
        }

        output.Line($"node        {node.Node} {node.Name}");
        output.Line($"operator    {node.Operator}");
        output.Line($"standing    {node.Standing}, enrolled {node.EnrolledAt:u}");
        if (node.Quarantine is { } q)
            output.Line($"quarantine  since {q.At:u}: a wrong answer ({q.Reason}) for part {q.Part}, attempt {q.Attempt} of {q.Task}; 'nodes reinstate' lifts it");
        IntegrityLines.Write(node, output);
        output.Line($"record      {node.Accepted} accepted, {node.Failed} failed, {node.Lost} lost, online {TimeSpan.FromMilliseconds(node.OnlineMillis):c}");
        var sessions = (SessionList)await context.AskAsync<NodeRouterKey>(ListSessions.Instance, cancel);
        if (sessions.Sessions.FirstOrDefault(s => s.Offer.Node == id) is not { } live)
        {
            output.Line("session     none");
            return 0;
        }

        var offer = live.Offer;
        output.Line($"session     since {live.Since:u}, heard {live.LastHeard:u}, client {live.ClientVersion}, {live.Running} running");
        output.Line($"offers      {string.Join(' ', offer.Kinds.Order())}, {offer.SlotsFree} of {offer.SlotsTotal} slots free, {offer.AskPerCoreHour} tokens a core-hour, region '{offer.Region}'");
        foreach (var warning in live.Warnings)
            output.Line($"warning     {warning}");
        return 0;
    }
}

/// <summary><c>nodes token</c>: a one-time permission to join.</summary>
internal sealed class NodesToken(AdminContext context) : IAdminCommand
{
    private static readonly TimeSpan Default = TimeSpan.FromHours(24);

    public string Module => "nodes";

    public string Verb => "token";

    public string Description => "A one-time join token for an operator's next node";

    public IReadOnlyList<AdminSwitch> Switches =>
        [new("account", "the operator's account id or name", Required: true), new("hours", "lifetime, 24 when not given")];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (context.FindAccount(arguments.Need("account")) is not { } account)
            return Refuse(output, $"There is no account '{arguments.Need("account")}', or several have that name.");
        var lifetime = Default;
        if (arguments.Get("hours") is { } text)
        {
            if (!int.TryParse(text, out var hours) || hours is < 1 or > 24 * 30)
                return Refuse(output, "-hours takes a whole number from 1 to 720.");
            lifetime = TimeSpan.FromHours(hours);
        }

        output.Line(context.Tokens.Create(account, lifetime));
        output.Line($"Use it once, within {lifetime.TotalHours:0} hours: rxelon-node join URL TOKEN");
        return Task.FromResult(0);
    }

    private static Task<int> Refuse(IAdminOutput output, string why)
    {
        output.Line(why);
        return Task.FromResult(1);
    }
}

/// <summary><c>nodes approve</c> and <c>nodes revoke</c>.</summary>
internal sealed class NodesDecide(AdminContext context, string verb) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => verb;

    public string Description => verb == "approve" ? "Let a pending node work" : "Cut a node off at once and for good";

    public IReadOnlyList<AdminSwitch> Switches => verb == "approve"
        ? [new("node", "the node's id", Required: true)]
        : [new("node", "the node's id", Required: true), new("reason", "kept in the journal")];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!NodeId.TryParse(arguments.Need("node"), out var node))
        {
            output.Line($"'{arguments.Need("node")}' is not a node id; 'nodes list' shows them.");
            return 1;
        }

        INodeCommand command = verb == "approve"
            ? new ApproveNode(node, arguments.By, context.Now)
            : new RevokeNode(node, arguments.By, arguments.Get("reason") ?? "no reason given", context.Now);
        var reply = (NodeReply)await context.AskAsync<NodeRegion>(command, cancel);
        output.Line(reply is NodeRefused refused ? $"{refused.Fault.Code}: {refused.Fault.Message}" : $"{node} {verb}d");
        return reply is NodeRefused ? 1 : 0;
    }
}

/// <summary><c>nodes reinstate</c>: after a word with the operator.</summary>
internal sealed class NodesReinstate(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "reinstate";

    public string Description => "Let a node that gave a wrong answer work again";

    public IReadOnlyList<AdminSwitch> Switches =>
        [new("node", "the node's id", Required: true), new("reason", "kept in the journal", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!NodeId.TryParse(arguments.Need("node"), out var node))
        {
            output.Line($"'{arguments.Need("node")}' is not a node id; 'nodes list' shows them.");
            return 1;
        }

        var reply = (NodeReply)await context.AskAsync<NodeRegion>(new ReinstateNode(node, arguments.By, arguments.Need("reason"), context.Now), cancel);
        output.Line(reply is NodeRefused refused ? $"{refused.Fault.Code}: {refused.Fault.Message}" : $"{node} reinstated");
        return reply is NodeRefused ? 1 : 0;
    }
}
