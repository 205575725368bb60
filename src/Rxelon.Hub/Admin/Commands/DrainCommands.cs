using Rxelon.Hub.Edge;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>nodes drain</c>: before its machine is worked on.</summary>
internal sealed class NodesDrain(AdminContext context) : IAdminCommand
{
    public string Module => "nodes";

    public string Verb => "drain";

    public string Description => "No new parts for a node until it starts again; parts that left a checkpoint move, the others end there";

    public IReadOnlyList<AdminSwitch> Switches =>
        [new("node", "the node's id", Required: true), new("reason", "told to the node", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!NodeId.TryParse(arguments.Need("node"), out var node))
        {
            output.Line($"'{arguments.Need("node")}' is not a node id; 'nodes list' shows them.");
            return 1;
        }

        var draining = (NodeDraining)await context.AskAsync<NodeRouterKey>(new DrainNode(node, arguments.Need("reason")), cancel);
        output.Line(draining.Running is { } running
            ? $"{node} gets no new parts; it runs {running} now, and those that left a checkpoint move. 'nodes show' tells when it is empty."
            : $"{node} is not online: there is nothing to drain.");
        return draining.Running is null ? 1 : 0;
    }
}
