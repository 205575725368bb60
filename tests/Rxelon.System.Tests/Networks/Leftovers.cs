using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.System.Tests.Networks;

/// <summary>What work leaves behind when something did not clean up after itself, each as a line that names it.</summary>
internal static class Leftovers
{
    // Of a node's state directory: what parts use while they run. Of the user's: what is on its way.
    private static readonly string[] OfNode = ["spool", "outbox", "run", "vm"];
    private static readonly string[] OfUser = ["journal", "downloads"];

    /// <summary>Nothing is left when this is empty.</summary>
    internal static async Task<IReadOnlyList<string>> ListAsync(RunningNetwork net, IDockerClient engine)
    {
        var left = new List<string>();
        left.AddRange(net.Nodes.SelectMany(n => OfNode.SelectMany(f => Files(Path.Combine(n.State, f)))));
        left.AddRange(OfUser.SelectMany(f => Files(Path.Combine(net.Network.Accounts, f))));
        left.AddRange(Files(Path.Combine(net.Network.HubData, "uploads")));
        left.AddRange(Machines(net).Select(id => $"machine of process {id}"));
        var containers = await engine.Containers.ListContainersAsync(new ContainersListParameters { All = true });
        left.AddRange(containers.Select(c => $"container {string.Join(' ', c.Names)}: {c.State}"));
        left.AddRange((await engine.Volumes.ListAsync()).Volumes?.Select(v => $"volume {v.Name}") ?? []);
        var account = await net.Hub.AccountAsync();
        if (account.Value.Held.Micros != 0)
            left.Add($"hold of {account.Value.Held}");
        for (string? after = null, next = ""; next is not null; after = next)
        {
            var page = (await net.Hub.TasksAsync(after)).Value;
            left.AddRange(page.Tasks.Where(t => t.EndedAt is null || t.Phase != "Completed" && t.Reason is null).Select(t => $"{t.Phase} task {t.Name} without an end or a reason"));
            next = page.Next;
        }

        return left;
    }

    /// <summary>Processes of virtual machines that the network's nodes started.</summary>
    internal static IReadOnlyList<int> Machines(RunningNetwork net)
    {
        var nodes = net.Nodes.Select(n => n.Process.Id).ToHashSet();
        var parents = Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var id) ? id : 0).Where(id => id > 0)
            .Select(id => (Id: id, Parent: Parent(id))).ToDictionary(p => p.Id, p => p.Parent);
        return [.. parents.Keys.Where(id => Read($"/proc/{id}/comm").StartsWith("qemu-system", StringComparison.Ordinal) && Ancestors(id).Any(nodes.Contains))];

        IEnumerable<int> Ancestors(int id)
        {
            while (parents.TryGetValue(id, out id))
                yield return id;
        }
    }

    // The field behind the name in parentheses and the state (proc_pid_stat(5)).
    private static int Parent(int id)
        => Read($"/proc/{id}/stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException) // ended meanwhile
        {
            return "";
        }
    }

    private static IEnumerable<string> Files(string folder)
        => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => $"file {f}") : [];
}
