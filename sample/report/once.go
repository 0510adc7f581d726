package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// once remembers events. An event is claimed before the report is sent, and released if that
// fails. If the function dies between the two, its report is not sent: that is the price of
// never sending it twice.
type once interface {
	// claim claims an id, and reports whether this is the first claim.
	claim(ctx context.Context, id string) (first bool, err error)
	release(ctx context.Context, id string) error
}

// dirOnce has a file for each event, on one machine.
type dirOnce string

func (d dirOnce) name(id string) string {
	return filepath.Join(string(d), fmt.Sprintf("report-%x", sha256.Sum256([]byte(id))))
}

func (d dirOnce) claim(_ context.Context, id string) (bool, error) {
	f, err := os.OpenFile(d.name(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

func (d dirOnce) release(_ context.Context, id string) error { return os.Remove(d.name(id)) }

// tableOnce has an item for each event in a DynamoDB table with the key "id". The attribute
// "expires" has the time after which an item may be deleted, for the table's time to live.
type tableOnce struct {
	client *dynamodb.Client
	table  string
	now    func() time.Time
}

// keep is how long an event is remembered: longer than the 24 hours for which EventBridge
// tries to deliver it.
const keep = 7 * 24 * time.Hour

func (t *tableOnce) key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

func (t *tableOnce) claim(ctx context.Context, id string) (bool, error) {
	item := t.key(id)
	item["expires"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(t.now().Add(keep).Unix(), 10)}
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.table, Item: item, ConditionExpression: aws.String("attribute_not_exists(id)")})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return false, nil
	}
	return err == nil, err
}

func (t *tableOnce) release(ctx context.Context, id string) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.table, Key: t.key(id)})
	return err
}
