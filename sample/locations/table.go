package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A tableStore keeps reports in a DynamoDB table with the partition key "pk" and the sort key
// "sk", both strings: each report under its device and time, and the newest of each device
// under "last". The attribute "expires" has the time after which an item may be deleted, for
// the table's time to live.
type tableStore struct {
	client *dynamodb.Client
	table  string
}

const (
	lastKey = "last" // not a device, whose name has a slash
	keep    = 90 * 24 * time.Hour
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(f float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatFloat(f, 'f', -1, 64)}
}

// stamp formats a time so that texts sort by time.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (t *tableStore) add(ctx context.Context, r report) error {
	item := map[string]types.AttributeValue{
		"pk": text(r.Device), "sk": text(stamp(r.Time)), "time": number(float64(r.Time.Unix())), "device": text(r.Device),
		"lat": number(r.Lat), "lon": number(r.Lon), "accuracy": number(float64(r.Accuracy)), "battery": number(float64(r.Battery)),
		"expires": number(float64(r.Time.Add(keep).Unix())),
	}
	if _, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.table, Item: item}); err != nil {
		return err
	}
	// Phones may send reports late, which must not replace a newer one.
	item["pk"], item["sk"] = text(lastKey), text(r.Device)
	condition := "attribute_not_exists(pk) OR #time <= :time"
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.table, Item: item, ConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#time": "time"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":time": item["time"]},
	})
	var older *types.ConditionalCheckFailedException
	if errors.As(err, &older) {
		return nil
	}
	return err
}

func (t *tableStore) last(ctx context.Context) ([]report, error) {
	return t.query(ctx, "pk = :pk", map[string]types.AttributeValue{":pk": text(lastKey)}, true)
}

func (t *tableStore) track(ctx context.Context, device string, since time.Time) ([]report, error) {
	newest, err := t.query(ctx, "pk = :pk AND sk >= :since", map[string]types.AttributeValue{":pk": text(device), ":since": text(stamp(since))}, false)
	slices.Reverse(newest)
	return newest, err
}

// query returns reports in the order of their keys, or in reverse order.
func (t *tableStore) query(ctx context.Context, condition string, values map[string]types.AttributeValue, forward bool) (all []report, err error) {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName: &t.table, KeyConditionExpression: &condition, ExpressionAttributeValues: values, ScanIndexForward: &forward,
	})
	for pages.HasMorePages() && len(all) < maxTrack {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			all = append(all, read(item))
		}
	}
	return all[:min(len(all), maxTrack)], nil
}

// read returns the report in an item; missing fields are zero.
func read(item map[string]types.AttributeValue) report {
	f := func(name string) float64 {
		n, _ := item[name].(*types.AttributeValueMemberN)
		if n == nil {
			return 0
		}
		v, _ := strconv.ParseFloat(n.Value, 64)
		return v
	}
	device, _ := item["device"].(*types.AttributeValueMemberS)
	r := report{Time: time.Unix(int64(f("time")), 0).UTC(), Lat: f("lat"), Lon: f("lon"), Accuracy: int(f("accuracy")), Battery: int(f("battery"))}
	if device != nil {
		r.Device = device.Value
	}
	return r
}
