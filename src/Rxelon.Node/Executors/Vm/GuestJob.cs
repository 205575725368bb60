using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Rxelon.Node.Executors.Archives;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// Writes what a guest gets (docs/design/vm.md, protocol 1): limits, start script, input. The input is the part's archive, read once and
/// checked entry by entry as the other sandboxes do, and written in the tar dialect that a small tar understands.
/// </summary>
internal static class GuestJob
{
    internal const int Processes = 256;

    private const int MostEntries = 65_536;
    private const int Readable = 0b110_100_100;
    /// <summary>The last entry: without it a guest does not start anything.</summary>
    private const string Whole = "go";

    private const string Busybox = "/.rxelon/busybox";
    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string Nobody = "65534:65534";

    /// <summary>Null when the program can be started in a machine.</summary>
    internal static Fault? Check(ProgramBundle program)
    {
        if (program.Command.Count == 0)
            return BadProgram("The task names no command, and a virtual machine's image has none of its own.");
        if (program.Command[0].Contains('=', StringComparison.Ordinal))
            return BadProgram("The command's name holds an equals sign.");
        if (program.Command.Concat(program.Args).Concat(program.Env.Keys).Concat(program.Env.Values).Append(program.Workdir)
            .Any(t => t.Contains('\0', StringComparison.Ordinal)))
            return BadProgram("An argument or environment variable holds a zero byte.");
        return program.Env.Keys.Any(k => k.Length == 0 || k.Contains('=', StringComparison.Ordinal))
            ? BadProgram("An environment variable's name is empty or holds an equals sign.") : Owner(program.User).Fault;
    }

    /// <summary>
    /// Writes the job and gives the input archive's size. Faults quote nothing. What the input throws goes through; an
    /// <see cref="IOException"/> means that the machine is gone.
    /// </summary>
    internal static Outcome<long> Write(ProgramBundle program, SandboxSpec spec, Stream input, Stream job, Action progress)
    {
        using var tar = new TarWriter(job, TarEntryFormat.Gnu, leaveOpen: true);
        Write(tar, "limits", Limits(program, spec));
        Write(tar, "boot/start", Start(program, spec));
        var counted = new CountedStream(input);
        using var reader = new TarReader(counted, leaveOpen: true);
        HashSet<string> names = [];
        long bytes = 0;
        for (var number = 1; ; number++)
        {
            var next = Next(reader, counted, number);
            if (next.Fault is { } unreadable)
                return unreadable;
            if (next.Value is not { } entry)
                break;
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                continue;
            if (number > MostEntries)
                return Malformed($"it has more than {MostEntries} entries");
            if (!IsGood(entry))
                return Malformed($"entry {number} is not a plain file or directory named stdin or in/…");
            bytes += entry.Length;
            if (bytes > spec.Resources.Disk)
                return new Fault(FaultCodes.TooLarge, $"The part's input is larger than its disk resource of {spec.Resources.Disk} bytes.", Culprit.Input);
            if (entry.EntryType != TarEntryType.Directory && !names.Add(entry.Name))
                return Malformed("a name in it occurs twice, is both file and directory, or is too long");
            try
            {
                Copy(entry, tar, progress);
            }
            catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
            {
                return Malformed("its tar stream is cut short");
            }
        }

        // The end of an encrypted stream is only authenticated by reading it.
        counted.CopyTo(Stream.Null);
        Write(tar, Whole, "");
        return counted.Count;
    }

    /// <summary>The guest could not unpack what was written.</summary>
    internal static Fault NotUnpacked => Malformed("a name in it is both file and directory, or it does not fit");

    private static Outcome<TarEntry?> Next(TarReader reader, CountedStream counted, int number)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (EndOfStreamException) when (counted.Count == 0)
        {
            // An archive without entries: .NET's own writer leaves out even the end mark.
            return default(TarEntry);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            return Malformed($"its tar stream cannot be read at entry {number}");
        }
    }

    private static bool IsGood(TarEntry entry)
    {
        var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
        if (isFile && entry.Name == PartArchive.Stdin)
            return true;
        if ((!isFile && entry.EntryType != TarEntryType.Directory) || !entry.Name.StartsWith(PartArchive.InPrefix, StringComparison.Ordinal))
            return false;
        var name = entry.Name[PartArchive.InPrefix.Length..];
        return isFile ? IsPath(name) : name.Length == 0 || IsPath(name.TrimEnd('/'));
    }

    /// <summary>Relative, inside, without tricks.</summary>
    internal static bool IsPath(string name)
        => !name.Contains('\0', StringComparison.Ordinal) && name.Split('/').All(p => p is not ("" or "." or ".."));

    private static void Copy(TarEntry entry, TarWriter tar, Action progress)
    {
        var isFile = entry.EntryType != TarEntryType.Directory;
        tar.WriteEntry(new GnuTarEntry(isFile ? TarEntryType.RegularFile : TarEntryType.Directory, entry.Name)
        {
            Mode = isFile ? (UnixFileMode)(Readable | ((int)entry.Mode & 0b001_001_001)) : (UnixFileMode)0b111_101_101,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = isFile && entry.DataStream is { } data ? new SizedStream(data, entry.Length, progress) : null,
        });
        progress();
    }

    private static void Write(TarWriter tar, string name, string text)
        => tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
        {
            Mode = (UnixFileMode)Readable,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
        });

    private static string Limits(ProgramBundle program, SandboxSpec spec)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"MEMORY={spec.Resources.Memory}\nOUTPUT={Math.Max(spec.OutputBytes, 1)}\nSCRATCH={Math.Max(Math.Min(spec.Resources.Disk, spec.Resources.Memory), 1 << 20)}\nPROCESSES={Processes}\nOWNER={Owner(program.User).Value}\n");

    private static string Start(ProgramBundle program, SandboxSpec spec)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = "/tmp", ["PATH"] = SearchPath };
        foreach (var (name, value) in program.Env)
            environment[name] = value;
        var words = environment.Select(e => $"{e.Key}={e.Value}").Concat(ProgramArguments.Fill(program.Command.Concat(program.Args), spec));
        var workdir = program.Workdir is { Length: > 0 } named ? named : "/";
        return $"cd {Quote(workdir)} || exit 127\nexec {Busybox} env -i {string.Join(' ', words.Select(Quote))}\n";
    }

    /// <summary>One word of POSIX shell, whatever it holds.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static Outcome<string> Owner(string user)
    {
        if (user.Length == 0)
            return Nobody;
        var ids = user.Split(':');
        return ids.Length <= 2 && ids.All(id => uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            ? (ids.Length == 2 ? user : $"{user}:{user}")
            : BadProgram("The user is not a number above 0 or two of them, such as 1000:1000.");
    }

    private static Fault BadProgram(string message) => new(FaultCodes.BadProgram, message, Culprit.Program);

    private static Fault Malformed(string what) => new(FaultCodes.Malformed, $"The part's input is not valid: {what}.", Culprit.Input);
}
