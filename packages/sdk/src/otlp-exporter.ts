import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { errorMessage } from '@throughline/core';
import { type ExportResult, failed, SUCCESS } from './export-result.ts';
import { OtlpDelivery, type OtlpEncoding } from './otlp-delivery.ts';
import { mendOtlpJson } from './otlp-json.ts';
import { otlpSerializers } from './otlp-serializers.ts';
import type { OtlpSettings } from './otlp-settings.ts';

/** Exports the SDK's spans by OTLP over HTTP. */
export class OtlpExporter implements SpanExporter {
  readonly delivery: OtlpDelivery;
  readonly #encoding: OtlpEncoding;

  constructor(settings: OtlpSettings, encoding: OtlpEncoding) {
    this.delivery = new OtlpDelivery(settings, encoding);
    this.#encoding = encoding;
    otlpSerializers().catch(() => {}); // to be there at the first flush, whose time is limited; it fails again then
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#export(spans).then(
      (failure) => done(failure === undefined ? SUCCESS : failed(failure)),
      (thrown: unknown) => done(failed(new Error(errorMessage(thrown)))),
    );
  }

  async shutdown(): Promise<void> {
    this.delivery.close();
  }

  async #export(spans: ReadableSpan[]): Promise<Error | undefined> {
    const { JsonTraceSerializer, ProtobufTraceSerializer } = await otlpSerializers();
    const request =
      this.#encoding === 'json'
        ? mendOtlpJson(JsonTraceSerializer.serializeRequest(spans))
        : ProtobufTraceSerializer.serializeRequest(spans);
    return request === undefined ? new Error('the spans could not be written') : this.delivery.deliver(request);
  }
}
