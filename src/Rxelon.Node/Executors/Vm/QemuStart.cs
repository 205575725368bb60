using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Plain;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// The command line that becomes QEMU: a shell opens files that QEMU's own user could not reach, setpriv takes the rights away
/// and makes the kernel kill QEMU when the starting thread ends (docs/design/vm.md). The process keeps its id throughout.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class QemuStart
{
    /// <summary>Above what systemd and distributions hand out (systemd's UIDS-GIDS table: unused from 1,879,048,192).</summary>
    internal const uint FirstUser = 1_979_000_000;

    private const string Kvm = "/dev/kvm";
    private const string Nothing = "/dev/null";
    private const string Script = "ulimit -c 0; exec 3<\"$1\" 4<\"$2\" 5<\"$3\" 6<\"$4\"; shift 4; exec \"$@\"";

    /// <summary>How to start it; nothing of the node's environment goes along.</summary>
    /// <param name="qemu">The program.</param>
    /// <param name="folder">The machine's folder; null when it has none.</param>
    /// <param name="image">What boots; null for probes.</param>
    /// <param name="user">The user to run as; null: the node's own.</param>
    /// <param name="acceleration">Under KVM the group of its device is kept.</param>
    /// <param name="arguments">QEMU's.</param>
    internal static ProcessStartInfo Build(
        string qemu, string? folder, VmImage? image, uint? user, Acceleration acceleration, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin";
        var file = (string name) => image is not null && image.Manifest.Files.Any(f => f.Name == name) ? Path.Combine(image.Directory, name) : Nothing;
        foreach (var argument in (string[])["-c", Script, "rxelon-vm", folder ?? Nothing, file("kernel"), file("initrd"), file("root")])
            start.ArgumentList.Add(argument);
        foreach (var argument in Privileges(user, acceleration).Append(qemu).Concat(arguments))
            start.ArgumentList.Add(argument);
        return start;
    }

    private static List<string> Privileges(uint? user, Acceleration acceleration)
    {
        List<string> arguments = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"];
        if (user is { } id)
        {
            var number = id.ToString(CultureInfo.InvariantCulture);
            var group = acceleration == Acceleration.Kvm ? Posix.GroupOf(Kvm) : null;
            arguments.AddRange(["--reuid", number, "--regid", number, "--inh-caps=-all", "--bounding-set=-all"]);
            arguments.AddRange(group is { } kvm ? ["--groups", kvm.ToString(CultureInfo.InvariantCulture)] : ["--clear-groups"]);
        }

        arguments.Add("--");
        return arguments;
    }
}
