using System.Buffers.Binary;
using System.Security.Cryptography;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;

namespace Rxelon.Simulation;

/// <summary>The person behind nodes: who gains in the end, under whatever identity.</summary>
internal sealed class Person(Cheat? cheat)
{
    internal Cheat? Cheat => cheat;

    internal long Pay { get; set; }

    internal long Cost { get; set; }

    internal bool Worked { get; set; }
}

/// <summary>One identity of a person: a node with an operator of its own.</summary>
internal sealed class SimNode(int number, Person person)
{
    private readonly Dictionary<(TaskId, PartAttempt), (byte[] Nonce, Answer Answer)> _promises = [];
    private int _begun;

    internal int Number => number;

    internal Person Person => person;

    internal NodeId Id { get; } = NodeId.FromBytes(Bytes(3, number));

    internal AccountId Operator { get; } = AccountId.FromBytes(Bytes(2, number));

    internal ulong Session => (ulong)number + 1;

    internal bool IsGone { get; set; }

    internal bool Faked { get; private set; }

    internal HashSet<(TaskId Task, PartAttempt Attempt)> Running { get; } = [];

    /// <summary>Whether this part is faked.</summary>
    internal bool Fakes(Random random)
    {
        var nth = _begun++;
        var fakes = person.Cheat switch
        {
            null => false,
            Cheat.Selective => random.Next(10) == 0,
            Cheat.Delayed => nth >= 8,
            Cheat.Whitewashing => nth % 3 == 2,
            _ => true,
        };
        Faked |= fakes;
        return fakes;
    }

    /// <summary>Promises an answer: the right one, this node's own wrong one, or the colluders' common one.</summary>
    internal (byte[] Commitment, byte[] Signature) Promise(TaskId task, PartAttempt attempt, int checkedPart, bool wrong)
    {
        var answer = AnswerTo(task, checkedPart, !wrong ? 0 : person.Cheat == Cheat.Colluding ? 1 : 2 + number);
        var nonce = SHA256.HashData(BitConverter.GetBytes(number));
        _promises[(task, attempt)] = (nonce, answer);
        return (AnswerCommitment.Of(new AttemptId(task, attempt.Part, attempt.Number), nonce, answer), [1]);
    }

    internal IReadOnlyList<RevealedAnswer> Reveal(TaskId task, IReadOnlyList<PartAttempt> attempts)
        => [.. attempts.Select(a => new RevealedAnswer(a, _promises[(task, a)].Nonce, _promises[(task, a)].Answer))];

    private static Answer AnswerTo(TaskId task, int part, int variant)
    {
        Span<byte> text = stackalloc byte[24];
        task.ToBytes().CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[16..], part);
        BinaryPrimitives.WriteInt32BigEndian(text[20..], variant);
        return Answer.FromBytes(SHA256.HashData(text));
    }

    private static byte[] Bytes(byte kind, int n)
    {
        var bytes = new byte[16];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), n + 1);
        return bytes;
    }
}
