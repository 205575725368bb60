using Google.Protobuf;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <summary>
/// Reports that the hub has not answered, one file each in <c>outbox/</c> of the state directory: a result that was computed
/// survives the node's restart. Files hold ciphertext and signatures only. Not synced: a power cut may lose a report, and then
/// the part is run again. Owned by the link.
/// </summary>
internal sealed class LinkOutbox
{
    private readonly string _directory;

    internal LinkOutbox(string stateDirectory)
    {
        _directory = Path.Combine(stateDirectory, "outbox");
        NodeMembership.CreatePrivate(_directory);
    }

    /// <summary>Keeps a report or failure; repeating replaces it. Other frames are not kept.</summary>
    internal void Keep(ToHub frame)
    {
        if (KeyOf(frame) is { } key)
            PrivateFile.Write(FileOf(key), frame.ToByteArray(), sync: false);
    }

    /// <summary>The hub answered.</summary>
    internal void Forget(AttemptKey key) => File.Delete(FileOf(key));

    /// <summary>What waits, oldest first. Files that cannot be read are removed: the hub will time their attempts out.</summary>
    internal IReadOnlyList<ToHub> Load()
    {
        var frames = new List<ToHub>();
        foreach (var file in new DirectoryInfo(_directory).GetFiles().OrderBy(f => f.LastWriteTimeUtc))
        {
            var frame = Read(file.FullName);
            if (frame is not null && KeyOf(frame) is not null)
                frames.Add(frame);
            else
                file.Delete();
        }

        return frames;
    }

    /// <summary>The attempt that a report or failure is about; null for any other frame.</summary>
    internal static AttemptKey? KeyOf(ToHub frame) => frame.BodyCase switch
    {
        ToHub.BodyOneofCase.Report => frame.Report.Attempt,
        ToHub.BodyOneofCase.Failure => frame.Failure.Attempt,
        _ => null,
    };

    private static ToHub? Read(string file)
    {
        try
        {
            return file.EndsWith(".report", StringComparison.Ordinal) ? ToHub.Parser.ParseFrom(File.ReadAllBytes(file)) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private string FileOf(AttemptKey key)
        => Path.Combine(_directory, $"{TaskId.FromBytes(key.Task.Span)}-{key.Part}-{key.Number}.report");
}
