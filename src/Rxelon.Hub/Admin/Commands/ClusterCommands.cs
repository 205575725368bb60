using Rxelon.Hub.Edge;
using Rxelon.Hub.Entities;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>cluster show</c>: the hubs of this CHS.</summary>
internal sealed class ClusterShow(AdminContext context) : IAdminCommand
{
    public string Module => "cluster";

    public string Verb => "show";

    public string Description => "Hubs of this CHS and their state";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var state = context.Cluster.State;
        foreach (var member in state.Members)
        {
            var reach = state.Unreachable.Contains(member) ? "unreachable" : "reachable";
            output.Line($"{member.Address}  {member.Status}  {reach}{(member.Address.Equals(state.Leader) ? "  leader" : "")}");
        }

        return Task.FromResult(0);
    }
}

/// <summary><c>hub status</c>: one look at this hub.</summary>
internal sealed class HubStatus(AdminContext context) : IAdminCommand
{
    public string Module => "hub";

    public string Verb => "status";

    public string Description => "This hub: network, nodes online, tasks by phase, memory";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var sessions = (SessionList)await context.AskAsync<NodeRouterKey>(ListSessions.Instance, cancel);
        output.Line($"network       {context.Options.Network}");
        output.Line($"data          {context.Options.DataDirectory}");
        output.Line($"cluster       {context.Cluster.SelfMember.Status}, {context.Cluster.State.Members.Count} hub(s)");
        output.Line($"nodes online  {sessions.Sessions.Count} of {context.Nodes.All().Count}");
        output.Line($"attempts      {sessions.Sessions.Sum(s => s.Running)} under way");
        foreach (var (phase, count) in context.Tasks.Count().OrderBy(p => p.Key))
            output.Line($"tasks         {count} {phase}");
        output.Line($"memory        {Environment.WorkingSet >> 20} MiB");
        return 0;
    }
}
