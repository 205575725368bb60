using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>A file of the task's input: where it is here, and under which name (with '/') the program finds it below in/.</summary>
public sealed record InputFile(string Path, string Name, long Length)
{
    /// <summary>
    /// Opens it for reading from start to end. A file that is gone, or whose length is another than when it was found, is an
    /// <see cref="InputException"/> with input-changed: what would be encrypted is not what was asked for. What has no length
    /// (a pipe, a device) can only be read as a stream.
    /// </summary>
    internal FileStream Open(bool asStream)
    {
        try
        {
            var content = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
            if (content.CanSeek && content.Length == Length)
                return content;
            var (sized, length) = (content.CanSeek, content.CanSeek ? content.Length : 0);
            if (!sized && asStream)
                return content;
            content.Dispose();
            throw sized
                ? Changed($"had {Length} bytes when the inputs were listed and has {length} now")
                : new InputException(new Fault(FaultCodes.Malformed, $"{Path} is not a plain file; give its content on standard input ('-').", Culprit.Input));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Changed("was there when the inputs were listed and is gone");
        }
    }

    /// <summary>For a reader that came to the end: the file must still have its length, and all of it must have been read.</summary>
    internal void CheckEnd(FileStream content, long read)
    {
        if (content.CanSeek && (content.Length != Length || read != Length))
            throw Changed($"had {Length} bytes when the inputs were listed and {Math.Max(read, content.Length)} at the end of reading");
    }

    internal InputException Changed(string how)
        => new(new Fault(FaultCodes.InputChanged, $"{Path} {how}: somebody writes to it. Nothing was ordered; run the command again when the file is at rest.", Culprit.Input, Retryable: true));
}
