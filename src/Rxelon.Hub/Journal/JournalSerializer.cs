using Akka.Actor;
using Akka.Serialization;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;

namespace Rxelon.Hub.Journal;

/// <summary>
/// Writes events and snapshots as rxelon.journal.v1 messages under their manifests. Its identifier is in every row of the
/// journal, so it can never change.
/// </summary>
internal sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Everything that is kept.</summary>
    internal static readonly CodecTable Codecs = CodecTable.Join(
        TaskCodec.Table, AccountCodec.Table, NodeCodec.Table, SnapshotCodec.Table);

    /// <summary>The types that Akka hands to this serializer.</summary>
    internal static readonly Type[] Bindings =
        [typeof(ITaskEvent), typeof(IAccountEvent), typeof(INodeEvent), typeof(AccountState), typeof(NodeState)];

    /// <summary>The number in the journal's "identifier" column.</summary>
    internal const int Number = 4101;

    /// <inheritdoc/>
    public override int Identifier => Number;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Codecs.Encode(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => Codecs.Decode(manifest, bytes);

    /// <inheritdoc/>
    public override string Manifest(object o) => Codecs.ManifestOf(o.GetType());
}
