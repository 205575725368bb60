using System.Reflection;
using System.Xml.Linq;
using Rxelon.Drills;

namespace Rxelon.System.Tests.Arrows;

/// <summary>The projects below <c>src/</c>: what their files say and what they were compiled to.</summary>
internal static class Projects
{
    internal static IReadOnlyList<string> All { get; } =
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    internal static string NameOf(string file) => Path.GetFileNameWithoutExtension(file);

    /// <summary>The projects that a project file refers to, by name.</summary>
    internal static IReadOnlyList<string> ReferencesOf(string file)
        => [.. Items(file, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/'))).Order(StringComparer.Ordinal)];

    /// <summary>The packages that a project file refers to, without those that only analyse or generate at build time.</summary>
    internal static IReadOnlyList<string> PackagesOf(string file)
        => [.. XDocument.Load(file).Descendants("PackageReference")
            .Where(p => (string?)p.Attribute("PrivateAssets") != "all")
            .Select(p => (string)p.Attribute("Include")!)];

    /// <summary>The compiled project, as copied beside these tests.</summary>
    internal static Assembly Load(string project)
    {
        var file = Path.Combine(Repository.Root, "src", project, project + ".csproj");
        var name = XDocument.Load(file).Descendants("AssemblyName").SingleOrDefault()?.Value ?? project;
        return Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
    }

    internal static IEnumerable<string> AssembliesSeenBy(string project)
        => Load(project).GetReferencedAssemblies().Select(a => a.Name!);

    private static IEnumerable<string> Items(string file, string item)
        => XDocument.Load(file).Descendants(item).Select(i => (string)i.Attribute("Include")!);
}
