using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>Plays client and hub for one task: encrypts, assigns, grants keys, opens results.</summary>
internal sealed class ScriptedTask(ProgramBundle program, WorkloadKind kind = WorkloadKind.Mock)
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    internal TaskId Id { get; } = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));

    internal long OutputBytes { get; init; } = 1 << 20;

    internal Resources Resources { get; init; } = new(1000, 64 << 20, 64 << 20);

    internal byte[] TaskKey => _key;

    internal byte[] ProgramCipher(string name = "program")
        => PartCipher.Seal(program.ToByteArray(), KeySchedule.Shared(_key, name), CipherSuite.Aes256Gcm, PartContext.Shared(Id, name));

    internal byte[] InputCipher(int part, byte[] input)
        => PartCipher.Seal(input, KeySchedule.Input(_key, part), CipherSuite.Aes256Gcm, PartContext.Input(Id, part));

    internal static Blob Inline(byte[] cipher)
        => new() { Id = ByteString.CopyFrom(SHA256.HashData(cipher)), Size = cipher.Length, Inline = ByteString.CopyFrom(cipher) };

    internal static Blob At(string path, byte[] cipher)
        => new() { Id = ByteString.CopyFrom(SHA256.HashData(cipher)), Size = cipher.Length, Path = path };

    internal ToNode Assign(params (int Part, int Number, Blob Input)[] parts) => Assign(Inline(ProgramCipher()), parts);

    internal ToNode Assign(Blob programBlob, params (int Part, int Number, Blob Input)[] parts)
    {
        var assign = new AssignParts
        {
            Task = ByteString.CopyFrom(Id.ToBytes()),
            Kind = (uint)kind,
            Resources = new ResourcesMsg { CpuMillis = Resources.CpuMillis, Memory = Resources.Memory, Disk = Resources.Disk },
            TimeSeconds = 20,
            OutputBytes = OutputBytes,
            Cipher = "aes-256-gcm",
            Program = programBlob,
            PartsTotal = 10,
        };
        assign.Parts.AddRange(parts.Select(p => new AssignedPart { Part = (uint)p.Part, Number = (uint)p.Number, Input = p.Input }));
        return new ToNode { Assign = assign };
    }

    internal AttemptKey Key(int part, int number) => new() { Task = ByteString.CopyFrom(Id.ToBytes()), Part = (uint)part, Number = (uint)number };

    /// <summary>The keys of that attempt sealed to the node; another attempt's keys or another node make it a wrong grant.</summary>
    internal ToNode Grant(byte[] sessionKey, NodeId node, int part, int number, int? sealedFor = null)
    {
        byte[] keys =
        [
            .. KeySchedule.Input(_key, part), .. KeySchedule.Result(_key, part, number), .. KeySchedule.Log(_key, part, number), .. KeySchedule.Shared(_key, "program"),
        ];
        var wrapped = KeyWrap.Wrap(keys, sessionKey, KeyWrapContext.PartGrant(Id, part, sealedFor ?? number, node));
        return new ToNode { KeyGrants = new KeyGrants { Grants = { new KeyGrant { Attempt = Key(part, number), Sealed = ByteString.CopyFrom(wrapped.ToBytes()) } } } };
    }

    /// <summary>The keys of an attempt that needs others' results, one frame a page.</summary>
    internal IEnumerable<ToNode> GrantPages(
        byte[] sessionKey, NodeId node, int part, int number, string programName, IReadOnlyList<NeededBlob> results,
        int? verifyOf = null, int? source = null)
    {
        var pages = GrantedKeys.Write(
            source is { } from ? KeySchedule.Input(_key, from) : new byte[32], KeySchedule.Result(_key, part, number), KeySchedule.Log(_key, part, number), KeySchedule.Shared(_key, programName),
            [.. results.Select(r => KeySchedule.Result(_key, (int)r.Part, (int)r.Number))],
            verifyOf is { } of ? KeySchedule.Verify(_key, of) : null);
        for (var page = 0; page < pages.Count; page++)
        {
            var wrapped = KeyWrap.Wrap(pages[page], sessionKey, KeyWrapContext.PartGrant(Id, part, number, node, GrantedKeys.LabelOf(page)));
            yield return new ToNode
            {
                KeyGrants = new KeyGrants
                {
                    Grants = { new KeyGrant { Attempt = Key(part, number), Sealed = ByteString.CopyFrom(wrapped.ToBytes()), Page = (uint)page } },
                },
            };
        }
    }

    /// <summary>The keys of an attempt that may leave a checkpoint, and begins from one when <paramref name="former"/> names its attempt.</summary>
    internal ToNode GrantWithCheckpoint(byte[] sessionKey, NodeId node, int part, int number, int? former = null)
    {
        var page = Assert.Single(GrantedKeys.Write(
            KeySchedule.Input(_key, part), KeySchedule.Result(_key, part, number), KeySchedule.Log(_key, part, number), KeySchedule.Shared(_key, "program"), [],
            null, KeySchedule.Checkpoint(_key, part, number), former is { } from ? KeySchedule.Checkpoint(_key, part, from) : null));
        var wrapped = KeyWrap.Wrap(page, sessionKey, KeyWrapContext.PartGrant(Id, part, number, node));
        return new ToNode { KeyGrants = new KeyGrants { Grants = { new KeyGrant { Attempt = Key(part, number), Sealed = ByteString.CopyFrom(wrapped.ToBytes()) } } } };
    }

    internal string OpenCheckpoint(byte[] cipher, int part, int number)
        => global::System.Text.Encoding.UTF8.GetString(PartCipher.Open(cipher, KeySchedule.Checkpoint(_key, part, number), PartContext.Checkpoint(Id, part, number)).Value);

    internal IReadOnlyDictionary<string, string> OpenResult(byte[] cipher, int part, int number)
        => Parts.Read(PartCipher.Open(cipher, KeySchedule.Result(_key, part, number), PartContext.Result(Id, part, number)).Value);

    internal byte[] OpenLog(byte[] cipher, int part, int number)
        => PartCipher.Open(cipher, KeySchedule.Log(_key, part, number), PartContext.Log(Id, part, number)).Value;
}
