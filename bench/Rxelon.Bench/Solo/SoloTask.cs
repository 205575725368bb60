using System.Formats.Tar;
using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Bench.Solo;

/// <summary>One task as a node sees it: everything encrypted and inline, one part that may be assigned again and again.</summary>
internal sealed class SoloTask(ProgramBundle program, string image, Resources resources, long outputBytes, byte[] stdin, WorkloadKind kind = WorkloadKind.Docker)
{
    private const int TimeSeconds = 60;
    private readonly byte[] _key = KeySchedule.NewTaskKey();

    internal TaskId Id { get; } = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));

    internal ToNode Assign(int number)
    {
        var sealedProgram = PartCipher.Seal(
            program.ToByteArray(), KeySchedule.Shared(_key, "program"), CipherSuite.Aes256Gcm, PartContext.Shared(Id, "program"));
        var input = PartCipher.Seal(Archive(), KeySchedule.Input(_key, 0), CipherSuite.Aes256Gcm, PartContext.Input(Id, 0));
        return new ToNode
        {
            Assign = new AssignParts
            {
                Task = ByteString.CopyFrom(Id.ToBytes()),
                Kind = (uint)kind,
                Image = image,
                Resources = new ResourcesMsg { CpuMillis = resources.CpuMillis, Memory = resources.Memory, Disk = resources.Disk },
                TimeSeconds = TimeSeconds,
                OutputBytes = outputBytes,
                Cipher = CipherSuites.Name(CipherSuite.Aes256Gcm),
                Program = Inline(sealedProgram),
                PartsTotal = 1,
                Parts = { new AssignedPart { Part = 0, Number = (uint)number, Input = Inline(input) } },
            },
        };
    }

    /// <summary>The keys of that attempt, sealed to the node's session as the hub does it.</summary>
    internal ToNode Grant(int number, byte[] session, NodeId node)
    {
        byte[] keys =
        [
            .. KeySchedule.Input(_key, 0), .. KeySchedule.Result(_key, 0, number), .. KeySchedule.Log(_key, 0, number),
            .. KeySchedule.Shared(_key, "program"),
        ];
        var wrapped = KeyWrap.Wrap(keys, session, KeyWrapContext.PartGrant(Id, 0, number, node));
        var key = new AttemptKey { Task = ByteString.CopyFrom(Id.ToBytes()), Part = 0, Number = (uint)number };
        return new ToNode { KeyGrants = new KeyGrants { Grants = { new KeyGrant { Attempt = key, Sealed = ByteString.CopyFrom(wrapped.ToBytes()) } } } };
    }

    private byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, PartArchive.Stdin) { DataStream = new MemoryStream(stdin) });
        return bytes.ToArray();
    }

    private static Blob Inline(byte[] cipher)
        => new() { Id = ByteString.CopyFrom(SHA256.HashData(cipher)), Size = cipher.Length, Inline = ByteString.CopyFrom(cipher) };
}
