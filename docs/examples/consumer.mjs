// Reads an alert topic with KafkaJS: npm install; node consumer.mjs HOST:PORT [TOPIC]
import { Kafka, logLevel } from "kafkajs";

const [servers, topic = "alerts.merida"] = process.argv.slice(2);
const kafka = new Kafka({ brokers: servers.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: "my-desk-node" }); // Kafka keeps this group's place

// Leave this out to wait for ever: it ends five seconds after the last alert.
let idle;
const wait = () => {
  clearTimeout(idle);
  idle = setTimeout(() => consumer.disconnect(), 5000);
};

consumer.on(consumer.events.GROUP_JOIN, wait);
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    wait();
    const alert = JSON.parse(message.value.toString("utf8"));
    const speaker = alert.speaker?.name ?? "an unnamed source";
    for (const statement of alert.statements) {
      const told = `${speaker} ${statement.verb ?? "said"}: ${statement.text}`; // "denied this" is not "said"
      console.log(message.headers.ce_type.toString(), alert.id, told);
    }
  }, // KafkaJS commits after this: an alert may come twice, none is lost
});
