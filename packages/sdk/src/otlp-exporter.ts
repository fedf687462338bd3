import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { errorMessage } from '@throughline/core';
import { OtlpDelivery, type OtlpEncoding } from './otlp-delivery.ts';
import { writeOtlpJson } from './otlp-json.ts';
import type { OtlpSettings } from './otlp-settings.ts';

const SERIALIZERS = {
  protobuf: (spans: ReadableSpan[]) => ProtobufTraceSerializer.serializeRequest(spans),
  json: writeOtlpJson,
};

/** Exports the SDK's spans by OTLP over HTTP. */
export class OtlpExporter implements SpanExporter {
  readonly delivery: OtlpDelivery;
  readonly #encoding: OtlpEncoding;

  constructor(settings: OtlpSettings, encoding: OtlpEncoding) {
    this.delivery = new OtlpDelivery(settings, encoding);
    this.#encoding = encoding;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#export(spans).then(
      (failure) => done(failure === undefined ? SUCCESS : { code: ExportResultCode.FAILED, error: failure }),
      (thrown: unknown) => done({ code: ExportResultCode.FAILED, error: new Error(errorMessage(thrown)) }),
    );
  }

  async shutdown(): Promise<void> {
    this.delivery.close();
  }

  async #export(spans: ReadableSpan[]): Promise<Error | undefined> {
    const request = SERIALIZERS[this.#encoding](spans);
    return request === undefined ? new Error('the spans could not be written') : this.delivery.deliver(request);
  }
}

const SUCCESS: ExportResult = { code: ExportResultCode.SUCCESS };
