using Akka.Actor;
using Rxelon.System.Tests.Arrows;

namespace Rxelon.System.Tests;

/// <summary>The layers of docs/architecture.md. A new project or an arrow that is not listed here fails until it is.</summary>
public sealed class ArrowsSpecs
{
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Rxelon.Shared"] = [],
        ["Rxelon.Domain"] = ["Rxelon.Shared"],
        ["Rxelon.Link"] = ["Rxelon.Shared"],
        ["Rxelon.Client"] = ["Rxelon.Shared"],
        ["Rxelon.Pbm"] = ["Rxelon.Shared"],
        ["Rxelon.Cli"] = ["Rxelon.Client"],
        ["Rxelon.Node"] = ["Rxelon.Link", "Rxelon.Shared"],
        ["Rxelon.Hub"] = ["Rxelon.Domain", "Rxelon.Link"],
    };

    /// <summary>Hub folder → folders of which it may know nothing but contracts (see <see cref="Contracts"/>).</summary>
    private static readonly Dictionary<string, string[]> Strangers = new(StringComparer.Ordinal)
    {
        ["Entities"] = ["Http", "Admin", "Edge", "Config", "Scheduling", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Scheduling"] = ["Http", "Admin", "Edge", "Config", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Journal"] = ["Http", "Admin", "Edge", "Config", "Scheduling", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Projections"] = ["Http", "Admin", "Edge", "Config", "Scheduling", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Edge"] = ["Http", "Admin", "Config", "Entities", "Scheduling", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Blobs"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Journal", "Projections", "Vault", "Sealing", "Integrity", "Live"],
        ["Vault"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Journal", "Projections", "Blobs", "Sealing", "Integrity", "Live"],
        ["Sealing"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Projections", "Blobs", "Vault", "Integrity", "Live"],
        ["Disk"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Journal", "Projections", "Blobs", "Vault", "Sealing", "Integrity", "Live"],
        ["Integrity"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Projections", "Blobs", "Vault", "Sealing", "Live"],
        ["Live"] = ["Http", "Admin", "Edge", "Config", "Entities", "Scheduling", "Journal", "Projections", "Blobs", "Vault", "Sealing", "Integrity"],
        ["Http"] = ["Admin", "Edge", "Entities", "Scheduling", "Journal", "Sealing", "Integrity", "Live"],
        ["Admin"] = ["Http", "Edge", "Entities", "Scheduling", "Journal", "Sealing", "Integrity", "Live"],
    };

    public static TheoryData<string> Listed => [.. Arrows.Keys];

    public static TheoryData<string> HubFolders => [.. Strangers.Keys];

    [Fact]
    public void Every_project_has_its_place_in_the_layers()
        => Assert.Equal(Arrows.Keys.Order(StringComparer.Ordinal), Projects.All.Select(Projects.NameOf));

    [Theory]
    [MemberData(nameof(Listed))]
    public void Projects_refer_to_what_their_layer_allows(string project)
        => Assert.Equal(Arrows[project], Projects.ReferencesOf(Projects.All.Single(f => Projects.NameOf(f) == project)));

    [Theory]
    [MemberData(nameof(Listed))]
    public void Compiled_code_uses_no_layer_that_its_project_cannot_reach(string project)
    {
        // Deeper than the project files: a transitive reference would compile without an arrow of its own.
        var allowed = Reach(project);
        var used = Projects.AssembliesSeenBy(project).Where(a => a.StartsWith("rxelon", StringComparison.OrdinalIgnoreCase));
        None(used.Except(allowed, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("Rxelon.Shared")]
    [InlineData("Rxelon.Domain")]
    public void Pure_layers_know_no_actors_no_web_and_no_machine(string project)
    {
        string[] machine = ["System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.IO.FileInfo", "System.IO.DirectoryInfo",
            "System.Net.Sockets", "System.Net.Http", "System.Diagnostics.Process", "System.Threading.Thread", "System.Data"];
        Assert.DoesNotContain(Projects.PackagesOf(Projects.All.Single(f => Projects.NameOf(f) == project)), NeedsARuntime);
        Assert.DoesNotContain(Projects.AssembliesSeenBy(project), NeedsARuntime);
        var touched = from type in Dependencies.Read(project).Uses
                      from used in type.Value
                      where machine.Any(m => used == m || used.StartsWith(m + ".", StringComparison.Ordinal))
                      select $"{type.Key} -> {used}";
        None(touched);
    }

    [Fact]
    public void Users_tools_know_no_actors()
    {
        Assert.DoesNotContain(new[] { "Rxelon.Client", "Rxelon.Pbm" }.SelectMany(Projects.AssembliesSeenBy), NeedsARuntime);
        Assert.DoesNotContain(Projects.AssembliesSeenBy("Rxelon.Cli"), NeedsActors);
    }

    [Fact]
    public void Of_the_command_line_only_its_serving_folder_knows_the_web()
    {
        var broken = from type in Dependencies.Read("Rxelon.Cli").Uses
                     where !IsIn(type.Key, "Rxelon.Cli.Serving")
                     from used in type.Value
                     where NeedsARuntime(used)
                     select $"{type.Key} -> {used}";
        None(broken);
    }

    [Theory]
    [MemberData(nameof(HubFolders))]
    public void Hub_folders_know_each_other_by_contract_only(string folder)
    {
        var strangers = Strangers[folder].Select(s => $"Rxelon.Hub.{s}").ToList();
        var broken = from type in Dependencies.Read("Rxelon.Hub").Uses
                     where IsIn(type.Key, $"Rxelon.Hub.{folder}")
                     from used in type.Value
                     where strangers.Any(s => IsIn(used, s)) && !Contracts.Types.Contains(used)
                     select $"{type.Key} -> {used}";
        None(broken);
    }

    [Fact]
    public void Only_the_composition_root_names_the_class_of_another_folders_actor()
    {
        var actors = Projects.Load("Rxelon.Hub").GetTypes().Where(t => t.IsSubclassOf(typeof(ActorBase)) && !t.IsAbstract)
            .Select(t => t.FullName!).ToHashSet(StringComparer.Ordinal);
        var broken = from type in Dependencies.Read("Rxelon.Hub").Uses
                     let home = FolderOf(type.Key)
                     where home is not ("" or "Config")
                     from used in type.Value
                     where actors.Contains(used) && FolderOf(used) != home
                     select $"{type.Key} -> {used}";
        None(broken);
    }

    /// <summary>The hub's folder a type lives in, at whatever depth; empty for the top-level program and what the compiler adds.</summary>
    private static string FolderOf(string type)
    {
        var names = type.Split('.');
        return names is ["Rxelon", "Hub", var folder, _, ..] ? folder : "";
    }

    /// <summary>All of them in the message, one to a line.</summary>
    private static void None(IEnumerable<string> broken) => Assert.Equal("", string.Join('\n', broken.Order(StringComparer.Ordinal)));

    private static bool IsIn(string type, string home) => type.StartsWith(home + ".", StringComparison.Ordinal);

    private static bool NeedsActors(string assembly) => assembly.StartsWith("Akka", StringComparison.Ordinal);

    private static bool NeedsARuntime(string assembly)
        => NeedsActors(assembly) || assembly.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            || assembly.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal);

    private static IEnumerable<string> Reach(string project) => Arrows[project].SelectMany(a => Reach(a).Append(a)).Distinct();
}
