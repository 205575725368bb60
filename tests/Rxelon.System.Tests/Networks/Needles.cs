using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Rxelon.System.Tests.Networks;

/// <summary>
/// Secrets to look for, each in every form in which a program may hold it: raw, hexadecimal in both cases, base64 at each of its three
/// alignments and in its URL form, texts in UTF-8 and UTF-16. Looks through bytes, files and the memory of living processes (as root).
/// </summary>
internal sealed class Needles
{
    private const int Chunk = 4 << 20;
    private const int NoSuchDevice = 6; // ENXIO, which opening a socket gives
    private const int Locked = 11; // EWOULDBLOCK: .NET minds the advisory locks of others even to read
    private readonly Dictionary<ushort, List<(string Name, byte[] Bytes)>> _byStart = [];
    private readonly bool[] _starts = new bool[ushort.MaxValue + 1];
    private int _longest;

    internal void Add(string name, byte[] secret)
    {
        Form($"{name} raw", secret);
        var texts = new HashSet<string> { Convert.ToHexString(secret), Convert.ToHexStringLower(secret) };
        for (var shift = 0; shift < 3; shift++)
        {
            // The first characters depend on what stands before, the last on what stands behind.
            var text = Convert.ToBase64String([.. new byte[shift], .. secret]).TrimEnd('=');
            var inner = text[(shift == 0 ? 0 : shift + 1)..^1];
            texts.Add(inner);
            texts.Add(inner.Replace('+', '-').Replace('/', '_'));
        }

        foreach (var text in texts)
        {
            Form($"{name} as {text.Length} characters", Encoding.ASCII.GetBytes(text));
            Form($"{name} as {text.Length} characters of UTF-16", Encoding.Unicode.GetBytes(text));
        }
    }

    /// <summary>What of it is in these bytes.</summary>
    internal IReadOnlyList<string> In(ReadOnlySpan<byte> bytes)
    {
        var found = new List<string>();
        for (var i = 0; i + 1 < bytes.Length; i++)
        {
            var start = (ushort)((bytes[i] << 8) | bytes[i + 1]);
            if (!_starts[start])
                continue;
            foreach (var (name, needle) in _byStart[start])
            {
                if (bytes[i..].StartsWith(needle))
                    found.Add(name);
            }
        }

        return [.. found.Distinct()];
    }

    /// <summary>What is in the files below a directory, and in which.</summary>
    internal IReadOnlyList<string> InFiles(string directory)
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            try
            {
                using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                found.AddRange(InStream(content.Read).Select(name => $"{file}: {name}"));
            }
            catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException || e.HResult == NoSuchDevice)
            {
                // Files come and go under a running network, and a socket has no content.
            }
            catch (IOException e) when (e.HResult == Locked)
            {
                found.AddRange(In(Unlocked(file)).Select(name => $"{file}: {name}"));
            }
        }

        return found;
    }

    /// <summary>
    /// What is in a process's memory: every mapping that it may write, read from <c>/proc/PID/mem</c>. <paramref name="read"/> tells how many bytes
    /// were looked through.
    /// </summary>
    internal IReadOnlyList<string> InMemory(int pid, out long read)
    {
        var found = new List<string>();
        long total = 0;
        using var memory = new FileStream($"/proc/{pid}/mem", new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });
        foreach (var mapping in File.ReadAllLines($"/proc/{pid}/maps"))
        {
            var fields = mapping.Split(' ', 3);
            if (!fields[1].StartsWith("rw", StringComparison.Ordinal))
                continue;
            var range = fields[0].Split('-').Select(a => long.Parse(a, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            var at = range[0];
            found.AddRange(InStream((buffer, offset, count) =>
            {
                try
                {
                    memory.Position = at;
                    var got = memory.Read(buffer, offset, (int)Math.Min(count, range[1] - at));
                    at += got;
                    total += got;
                    return got;
                }
                catch (IOException)
                {
                    return 0; // unmapped meanwhile, or a device's
                }
            }).Select(name => $"{mapping}: {name}"));
        }

        read = total;
        return found;
    }

    private static byte[] Unlocked(string file)
    {
        using var cat = Process.Start(new ProcessStartInfo("cat", [file]) { RedirectStandardOutput = true })!;
        using var content = new MemoryStream();
        cat.StandardOutput.BaseStream.CopyTo(content);
        cat.WaitForExit();
        return cat.ExitCode == 0 ? content.ToArray() : throw new InvalidDataException($"{file} cannot be read.");
    }

    private delegate int Reader(byte[] buffer, int offset, int count);

    private List<string> InStream(Reader read)
    {
        var found = new List<string>();
        var buffer = new byte[Chunk];
        var kept = 0;
        for (int got; (got = read(buffer, kept, buffer.Length - kept)) > 0;)
        {
            var filled = kept + got;
            found.AddRange(In(buffer.AsSpan(0, filled)));
            // A needle may lie across two pieces.
            kept = Math.Min(filled, _longest - 1);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }

        return [.. found.Distinct()];
    }

    private void Form(string name, byte[] bytes)
    {
        var start = (ushort)((bytes[0] << 8) | bytes[1]);
        if (!_byStart.TryGetValue(start, out var forms))
            _byStart[start] = forms = [];
        forms.Add((name, [.. bytes])); // a copy: whoever brought a secret may zero it
        _starts[start] = true;
        _longest = Math.Max(_longest, bytes.Length);
    }
}
