using System.Runtime.InteropServices;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// The program a container starts with. It carries arguments and environment in its own file, which lies in the plaintext
/// tmpfs: given to the engine they would be written to its disk and shown by <c>inspect</c>. It makes the part's stdin file
/// descriptor 0, goes to the work directory and becomes the user's program; exit code 127 when there is none of that name.
/// </summary>
internal static class StartProgram
{
    /// <summary>Where the cell's boot directory is mounted in the container.</summary>
    internal const string Directory = "/.rxelon";

    internal const string Path = Directory + "/start";
    internal const int NotFound = 127;

    private const string GatePath = Directory + "/gate";
    private const string StdinPath = Directory + "/stdin";
    private const string DefaultSearch = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // Before the rest, when a gate is wanted: opening it, a pipe, waits until the node opens it too.
    // x86-64: mov ebp,TABLE; rax=open([rbp+40],0); close(rax)
    private static readonly byte[] X64Gate = Convert.FromHexString("bd00024000488b7d2831f6b8020000000f0589c7b8030000000f05");

    // AArch64: x19=TABLE; x0=openat(AT_FDCWD,[x19+40],0,0); close(x0)
    private static readonly byte[] Arm64Gate = Convert.FromHexString(
        "134080d21308a0f2600c8092611640f9020080d2030080d2080780d2010000d4280780d2010000d4");

    // Table: stdin path, work directory, argv, envp, paths to try, gate.
    // x86-64: mov ebp,TABLE; rax=open([rbp],0,0); if ok { dup2(rax,0); close(rax) }; if chdir([rbp+8])<0 exit(127);
    // rbx=[rbp+32]; while [rbx] { execve([rbx],[rbp+16],[rbp+24]); rbx+=8 }; exit(127)
    private static readonly byte[] X64 = Convert.FromHexString(
        "bd00024000488b7d0031f6b8020000000f0585c0781289c731f6b8210000000f05b8030000000f05488b7d08b8500000000f05"
        + "85c07821488b5d20488b3b4885ff7415488b7510488b5518b83b0000000f054883c308ebe3bf7f000000b83c0000000f05");

    // The same for AArch64, with openat, dup3 and the table in x19.
    private static readonly byte[] Arm64 = Convert.FromHexString(
        "134080d21308a0f2600c8092610240f9020080d2030080d2080780d2010000d42001f8b7f40300aa010080d2020080d2080380d2"
        + "010000d4e00314aa280780d2010000d4600640f9280680d2010000d42001f8b7741240f9808640f8c00000b4610a40f9620e40f9"
        + "a81b80d2010000d4faffff17e00f80d2a80b80d2010000d4");

    /// <summary>
    /// The file to put at <see cref="Path"/>. No text may hold a zero. With a gate the program waits until the pipe
    /// <c>gate</c> beside it is opened for writing.
    /// </summary>
    internal static byte[] Build(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workdir, bool hasGate)
    {
        var (gate, code) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (Arm64Gate, Arm64) : (X64Gate, X64);
        var elf = new ElfProgram(hasGate ? [.. gate, .. code] : code);
        elf.Slot(5, elf.Text(GatePath));
        elf.Slot(0, elf.Text(StdinPath));
        elf.Slot(1, elf.Text(workdir));
        elf.Slot(2, elf.TextList(arguments));
        elf.Slot(3, elf.TextList(environment.Select(e => $"{e.Key}={e.Value}")));
        elf.Slot(4, elf.TextList(Candidates(arguments[0], environment)));
        return elf.ToArray();
    }

    private static IEnumerable<string> Candidates(string name, IReadOnlyDictionary<string, string> environment)
        => name.Contains('/', StringComparison.Ordinal)
            ? [name]
            : environment.GetValueOrDefault("PATH", DefaultSearch).Split(':', StringSplitOptions.RemoveEmptyEntries).Select(d => $"{d}/{name}");
}
