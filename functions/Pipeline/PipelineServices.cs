using Azure.Core;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Audit;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Poison;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline;

/// <summary>Puts the pipeline together: the same in Azure and on one machine.</summary>
public static class PipelineServices
{
    /// <summary>Registers every stage and its clients; fails at once, with all reasons, when a setting is wrong.</summary>
    public static IServiceCollection AddPipeline(this IServiceCollection services, IConfiguration configuration)
    {
        var options = PipelineOptions.Bind(configuration);
        var credential = StorageClients.Credential(configuration);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<TokenCredential>(credential);
        services.AddSingleton(StorageClients.Blobs(configuration, credential));
        services.AddSingleton(StorageClients.Queues(configuration, credential));
        services.AddSingleton(StorageClients.Tables(configuration, credential));
        services.AddSingleton(StorageClients.Publisher(configuration, credential));
        services.AddSingleton(new SigningKeys(options, credential, new HttpClient()));
        if (options.CreateStorage)
        {
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<StorageSetup>(provider, Flow.Queues));
        }

        services.AddHostedService<RootUpload>();
        services.AddHostedService<WorkSweep>();

        services.AddSingleton<BlobLinks>();
        services.AddSingleton<ArtifactBlobs>();
        services.AddSingleton<VariantLayers>();
        services.AddSingleton<PublishChannel>(provider =>
            (channel, token) => provider.GetRequiredService<ChannelPublisher>().PublishAsync(channel, token));
        services.AddSingleton<OutboxRelay>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<Rejections>();
        services.AddSingleton<PresenceStore>();
        services.AddSingleton<RolloutStore>();
        services.AddSingleton<DeviceStore>();
        services.AddSingleton<ChannelPublisher>();
        services.AddSingleton<RepositoryStore>();
        services.AddSingleton<MetadataFiles>();
        services.AddSingleton<MetadataWriter>();
        services.AddSingleton<ReleaseRepository>();

        services.AddSingleton<ModelSandboxes>();
        services.AddSingleton<PredictionCache>();
        services.AddSingleton<BaselineVerdict>();
        services.AddSingleton<TextTrial>();
        services.AddSingleton<OutputTrial>();
        services.AddSingleton<ProgressRows>();
        services.AddSingleton<MeasureRoom>(() => MachineRoom.Measure(options));
        services.AddSingleton<StageRoom>();
        services.AddSingleton<StageGuard>();
        services.AddSingleton<RunCancel>();

        services.AddSingleton<UploadReader>();
        services.AddSingleton<IntakeDrafts>();
        services.AddSingleton<UploadTextReader>();
        services.AddSingleton<AdaptIntake>();
        services.AddSingleton<IntakeStage>();
        foreach (var stage in Flow.Steps.Select(step => step.Stage).OfType<Type>())
        {
            services.AddSingleton(typeof(RunStage), stage);
        }

        services.AddSingleton<StageSet>();
        services.AddSingleton<AdaptationPublisher>();
        services.AddSingleton<RolloutStage>();
        services.AddSingleton<TelemetryStage>();
        services.AddSingleton<PoisonStage>();
        services.AddSingleton<AdaptationBlobs>();
        services.AddSingleton<ArtifactGarbage>();
        services.AddSingleton<CollectStage>();

        services.AddSingleton<EnrolledDevices>();
        services.AddSingleton<FleetAuthority>();
        services.AddSingleton<ReplayStore>();
        services.AddSingleton<DeviceDoor>();
        services.AddSingleton<EnrolmentApi>();
        services.AddSingleton<TokenApi>();
        services.AddSingleton<OperatorKeys>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<OperatorDoor>();
        services.AddSingleton<KeyApi>();

        services.AddSingleton<AdaptStatusReader>();
        services.AddSingleton<StatusReader>();
        services.AddSingleton<OperatorApi>();
        services.AddSingleton<DeviceApi>();
        services.AddSingleton<MetadataApi>();
        services.AddSingleton(provider => new OperatorFlow(provider));
        services.AddSingleton(provider => new DeviceFlow(provider));
        services.AddSingleton(provider => new QueueJob(
            provider.GetRequiredService<PipelineFlow>(),
            provider.GetRequiredService<QueueServiceClient>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<QueueJob>>()));
        return services.AddSingleton(provider => new PipelineFlow(provider));
    }
}
